// SPDX-License-Identifier: GPL-2.0-only
// Scenarios × what the gauntlet varies → cases, in order, each with its id.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "expand/schedulers.h"
#include "ir/case.h"
#include "ir/source_map.h"

namespace ktstr::expand {

/// A scenario as parse gives it.
struct Input {
  std::string stem;
  const ir::Scenario& scenario;
  const ir::SourceMap& map;
};

struct Options {
  /// Multiply over presets: those named, or with no name all that the scenario allows.
  std::optional<std::vector<std::string>> gauntlet;
  std::optional<topology::Topology> topology;  ///< In place of the scenario's own.
  std::string kernel = "-";                    ///< The part of the id.
  std::vector<SchedulerChoice> schedulers{};   ///< Of the command line.
};

/// A scenario's cases. What is invalid on its own topology is reported; what is invalid only on a
/// preset becomes a case that is skipped for that reason. The seed of a case without one is made
/// from its id.
std::vector<ir::Case> expand(const Input& input, const Options& options, Diagnostics& diagnostics);

/// Whether a machine can be what the scenario's own topology says (E043): known however much else
/// is wrong with it.
void check_topology(const Input& input, Diagnostics& diagnostics);

/// Names of presets that do not exist, with what they may have meant.
std::vector<Error> check_presets(const std::vector<std::string>& names);

/// The id for people: without the parts that say nothing.
std::string short_id(const ir::CaseId& id);

}  // namespace ktstr::expand
