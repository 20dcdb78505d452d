// SPDX-License-Identifier: GPL-2.0-only
// From paths to cases: reading, checking and expanding, with every mistake on the way.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "cli/arguments.h"
#include "cli/bundle.h"
#include "expand/schedulers.h"
#include "ir/case.h"
#include "parse/load.h"

namespace ktstr::cli {

/// Reads every scenario of the paths; claims are checked against the scenario's own names.
parse::Loaded load(const std::vector<std::string>& paths);

/// A case, the scenario it comes from and what its guest is to hold.
struct PlannedCase {
  ir::Case planned;
  const parse::LoadedScenario* origin;
  Bundles bundles{};      ///< What it needs in the guest, until the images are planned.
  std::size_t image = 0;  ///< Then: its number among them.
};

struct Selection {
  std::optional<std::vector<std::string>> gauntlet;
  std::string topology;  ///< `NnLlCcTt` in place of the scenarios' own, or empty.
  std::vector<std::string> filters;
  std::vector<std::string> tags{};  ///< Any of them; none that begins with `!`.
  std::string kernel = "-";
  std::vector<expand::SchedulerChoice> schedulers{};
};

/// Expands and filters. A mistake in the selection itself, such as a preset that does not exist, is
/// an Error; one of a scenario a diagnostic. The cases point into `loaded`.
Result<std::vector<PlannedCase>> expand_all(const parse::Loaded& loaded, const Selection& selection,
                                            Diagnostics& diagnostics);

/// Everything that `ktstr check` says of one file.
std::string diagnose(const std::string& path);

/// All diagnostics, and how many there were beyond those kept.
std::string render_all(const Diagnostics& diagnostics, bool colour);
/// Writes them to standard error, in its style.
void print_all(const Diagnostics& diagnostics);

}  // namespace ktstr::cli
