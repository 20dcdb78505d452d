// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"
#include "ir/work/cpu.h"

namespace ktstr::guest {

template <>
void run_work(const ir::Bursty& bursty, Worker& worker) {
  while (!worker.stopping()) {
    worker.iterate(worker.spin_for(bursty.burst));
    worker.sleep(bursty.sleep);
  }
}

}  // namespace ktstr::guest
