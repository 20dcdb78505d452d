// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "guest/affinity.h"
#include "guest/work/cpu_pool.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::AffinityChurn& churn, Worker& worker) {
  const std::uint64_t units = natural(churn.spin_iters);
  const Result<topology::CpuSet> mine = bound_cpus(0);
  if (!mine) worker.fail(describe(mine.error()));
  CpuPool pool(*mine, worker.surroundings().seed);
  while (!worker.stopping()) {
    worker.spin(units);
    if (pool.bind(0, static_cast<std::uint32_t>(::sched_getcpu()))) worker.iterate(units);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
