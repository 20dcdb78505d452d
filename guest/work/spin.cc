// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::Spin&, Worker& worker) {
  while (!worker.stopping()) {
    worker.spin(1024);
    worker.iterate(1024);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
