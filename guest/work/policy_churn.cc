// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PolicyChurn& churn, Worker& worker) {
  constexpr int policies[] = {SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR};
  const std::uint64_t units = natural(churn.spin_iters);
  for (std::size_t turn = 0; !worker.stopping(); ++turn) {
    worker.spin(units);
    const int policy = policies[turn % std::size(policies)];
    const bool real_time = policy == SCHED_FIFO || policy == SCHED_RR;
    const sched_param parameters{.sched_priority = real_time ? 1 : 0};
    if (::sched_setscheduler(0, policy, &parameters) == 0) worker.iterate(units);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
