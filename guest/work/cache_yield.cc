// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "guest/work/cache_buffer.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CacheYield& yield, Worker& worker) {
  CacheBuffer buffer(worker, yield.size, natural(yield.stride));
  while (!worker.stopping()) {
    buffer.touch(1024);
    worker.iterate(1024);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
