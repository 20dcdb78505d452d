// SPDX-License-Identifier: GPL-2.0-only
// What claims ask of the schedulers of a run: which was in charge and for how long, the kernel's
// counters of events, and a scheduler's own statistics.
#pragma once

#include <string>
#include <vector>

#include "claims/value.h"
#include "ir/telemetry.h"

namespace ktstr::claims {

/// How long some scheduler was in charge from `begin` to `end`.
Datum attached_for(const ir::Telemetry& telemetry, Nanos begin, Nanos end);
/// Why nothing is known of an event counter of the kernel; nothing where something is.
std::optional<Missing> unknown_event(const ir::Telemetry& telemetry, const std::string& name);
/// The kernel's name for the scheduler that was in charge last from `begin` to `end`.
Datum last_name(const ir::Telemetry& telemetry, Nanos begin, Nanos end);
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
  std::uint64_t enable_seq = 0;  ///< Of which attachment.
};
std::vector<SchedulerPoint> event_series(const ir::Telemetry& telemetry, const std::string& name);
std::vector<SchedulerPoint> statistic_series(const ir::Telemetry& telemetry,
                                             const std::string& name);

}  // namespace ktstr::claims
