// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"
#include "ir/work/cpu.h"

namespace ktstr::guest {

template <>
void run_work(const ir::Bursty& bursty, Worker& worker) {
  while (!worker.stopping()) {
    const Nanos end = worker.checkpoint() + bursty.burst;
    std::uint64_t units = 0;
    do {
      worker.spin(1024);
      units += 1024;
    } while (worker.checkpoint() < end && !worker.stopping());
    worker.iterate(units);
    worker.sleep(bursty.sleep);
  }
}

}  // namespace ktstr::guest
