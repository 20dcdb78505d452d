// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/cache_buffer.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CachePressure& pressure, Worker& worker) {
  CacheBuffer buffer(worker, pressure.size, natural(pressure.stride));
  while (!worker.stopping()) {
    buffer.touch(1024);
    worker.iterate(1024);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
