// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::YieldHeavy&, Worker& worker) {
  while (!worker.stopping()) {
    worker.spin(1);
    worker.iterate(1);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
