// SPDX-License-Identifier: GPL-2.0-only
// The schedulers of a run: how each came to be in charge, for how long, and what ended it; and
// their counters as claims ask for them.
#pragma once

#include <string>
#include <vector>

#include "claims/checks.h"
#include "claims/value.h"
#include "ir/scheduler_exit.h"

namespace ktstr::claims {

/// Every start of a scheduler, in order.
std::vector<ir::SchedulerRun> scheduler_runs(const ir::Case& judged,
                                             const ir::Telemetry& telemetry);

/// One failure for each scheduler that did not come to be in charge, was lost or could not be
/// stopped, by its kind; else that all is well (`scheduler_alive`). Nothing where no scheduler was
/// asked for. With the check off, one that was in charge may be lost.
void check_schedulers(const Facts& facts, Findings& findings);

/// How long some scheduler was in charge from `begin` to `end`.
Datum attached_for(const ir::Telemetry& telemetry, Nanos begin, Nanos end);
/// By how much an event counter of the kernel grew from `begin` to `end`.
Datum event_increase(const ir::Telemetry& telemetry, const std::string& name, Nanos begin,
                     Nanos end);
/// What the scheduler last told of a statistic from `begin` to `end`.
Datum last_statistic(const ir::Telemetry& telemetry, const std::string& name, Nanos begin,
                     Nanos end);

/// An event counter or statistic at every sample; counters go on where the one before them ended.
struct SchedulerPoint {
  Nanos at{0};
  std::uint32_t phase = 0;
  double value = 0;
};
std::vector<SchedulerPoint> event_series(const ir::Telemetry& telemetry, const std::string& name);
std::vector<SchedulerPoint> statistic_series(const ir::Telemetry& telemetry,
                                             const std::string& name);

}  // namespace ktstr::claims
