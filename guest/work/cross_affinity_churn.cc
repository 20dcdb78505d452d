// SPDX-License-Identifier: GPL-2.0-only
#include <limits>

#include <sched.h>

#include "guest/work/cpu_pool.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CrossAffinityChurn& churn, Worker& worker) {
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t units = natural(churn.spin_iters);
  const std::size_t members = worker.group().size();
  CpuPool pool = CpuPool::of_all(worker.surroundings().seed);
  std::size_t other = worker.index();
  while (!worker.stopping()) {
    worker.spin(units);
    other = (other + 1) % members;
    if (other == worker.index()) other = (other + 1) % members;
    const pid_t tid = worker.group().peer(other).tid.load();
    if (tid != 0 && pool.bind(tid, none)) worker.iterate(units);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
