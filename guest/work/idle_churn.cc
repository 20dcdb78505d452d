// SPDX-License-Identifier: GPL-2.0-only
#include <sys/prctl.h>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::Bursty& bursty, Worker& worker);

template <>
void run_work(const ir::IdleChurn& churn, Worker& worker) {
  constexpr unsigned long kernel_default = 50'000;  // Nanoseconds; workers begin with 1.
  if (!churn.precise_timing && ::prctl(PR_SET_TIMERSLACK, kernel_default) != 0)
    worker.fail_errno("set the timer slack");
  run_work(ir::Bursty{.burst = churn.burst, .sleep = churn.sleep}, worker);
}

}  // namespace ktstr::guest
