// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::TimerLatency& timer, Worker& worker) {
  Nanos due = worker.checkpoint();
  while (true) {
    const Nanos frozen = worker.frozen_time();
    due += timer.interval;
    worker.sleep_until(due, slot(ir::metric("timer_latency")));
    if (worker.stopping()) return;
    worker.iterate(1);
    // The moments of the row that have passed meanwhile are left out.
    const std::int64_t missed = (monotonic_now() - due) / timer.interval;
    if (missed <= 0) continue;
    due += missed * timer.interval;
    if (worker.frozen_time() == frozen)
      worker.count(slot(ir::metric("missed_periods")), static_cast<std::uint64_t>(missed));
  }
}

}  // namespace ktstr::guest
