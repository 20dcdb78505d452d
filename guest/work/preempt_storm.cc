// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PreemptStorm& storm, Worker& worker) {
  constexpr std::uint64_t units_between_preemptions = 1024;
  const bool preempts = worker.index() == 0;
  const std::uint64_t units = preempts ? natural(storm.rt_burst_iters) : units_between_preemptions;
  while (!worker.stopping()) {
    if (preempts) worker.sleep(storm.rt_sleep);
    worker.spin(units);
    worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
