// SPDX-License-Identifier: GPL-2.0-only
// The schedulers of a run: how each came to be in charge, for how long, and what ended it.
#pragma once

#include <string>
#include <vector>

#include "claims/checks.h"
#include "ir/scheduler_exit.h"

namespace ktstr::claims {

/// Every start of a scheduler, in order.
std::vector<ir::SchedulerRun> scheduler_runs(const ir::Case& judged,
                                             const ir::Telemetry& telemetry);

/// One failure for each scheduler that did not come to be in charge, was lost or could not be
/// stopped, by its kind; else that all is well (`scheduler_alive`). Nothing where no scheduler was
/// asked for. With the check off, one that was in charge may be lost. That one never attached is
/// inconclusive where the host did not leave it the time.
void check_schedulers(const Facts& facts, const Noise& noise, Findings& findings);

}  // namespace ktstr::claims
