// SPDX-License-Identifier: GPL-2.0-only
// From telemetry to a verdict. Pure: the same input gives the same verdict.
#pragma once

#include <string>
#include <vector>

#include "claims/noise.h"
#include "ir/verdict.h"

namespace ktstr::claims {

struct Context {
  Accelerator accelerator = Accelerator::kvm;
  std::vector<std::string> places{};  ///< `file:line` of each of the case's claims.
  std::vector<ir::Finding> events{};  ///< What the run itself found: panics, host trouble…
};

/// Judges the case's claims and checks and puts the run's own findings with them.
ir::Verdict judge(const ir::Case& judged, const ir::Telemetry& telemetry, const Context& context);

/// The verdict of findings: what `expect` names becomes a pass, or its absence a failure; the
/// outcome is the heaviest, where `allow_inconclusive` lets an inconclusive one be a pass. An
/// expected failure is never satisfied by an error or by something inconclusive.
ir::Verdict conclude(const ir::Case& judged, std::vector<ir::Finding> findings);

/// Every run of a payload in the order of their starts.
std::vector<ir::PayloadSummary> payload_summaries(const ir::Case& judged,
                                                  const ir::Telemetry& telemetry);

/// The numbers of each cgroup in each step.
std::vector<ir::CgroupSummary> summaries(const ir::Case& judged, const ir::Telemetry& telemetry);

}  // namespace ktstr::claims
