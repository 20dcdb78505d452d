// SPDX-License-Identifier: GPL-2.0-only
// A scenario on a topology: every expression, repetition, share and cpuset form becomes a number,
// so that the guest needs no arithmetic and a mistake shows before anything boots.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "expand/schedulers.h"
#include "ir/case.h"
#include "ir/source_map.h"

namespace ktstr::expand {

struct Resolved {
  ir::Program program;
  std::vector<ir::Payload> payloads;   ///< Those that the program runs, in its order.
  Nanos duration{0};                   ///< Of all holds and sleeps.
  Nanos patience{0};                   ///< Of all waits for payloads, beyond that.
  std::map<std::string, double> vars;  ///< The scenario's, evaluated.
};

/// What of a scenario a case may have otherwise than it is written.
struct Under {
  const std::optional<ir::SchedulerUse>& scheduler;
  const ir::Work* work = nullptr;  ///< In the place of that of swappable cgroups.
};

/// The scenario's program under one of its schedulers; what it uses is gathered in `cast`. nullopt
/// after reporting what cannot be on this topology, which has its memory decided.
std::optional<Resolved> resolve(const ir::Scenario& scenario, const Under& under,
                                const topology::Topology& topology, Cast& cast,
                                const ir::SourceMap& map, Diagnostics& diagnostics);

/// The topology a scenario asks for, or else `fallback` or the default, its memory decided;
/// nullopt after reporting.
std::optional<topology::Topology> topology_of(const ir::Scenario& scenario,
                                              const ir::TopologySpec* fallback,
                                              const ir::SourceMap& map, Diagnostics& diagnostics);

}  // namespace ktstr::expand
