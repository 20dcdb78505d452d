// SPDX-License-Identifier: GPL-2.0-only
// The command that runs one case of a run again.
#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "ir/case.h"

namespace ktstr::cli {

/// The word as a shell reads it back: quoted where it holds anything that means something there.
std::string shell_quoted(std::string_view word);

/// The options that every case of the run needs to be run again as it was, each with a blank before
/// it. `kernel` is a cached name, or a path.
std::string repeated_options(const RunArguments& arguments, const std::string& kernel);

/// `file` is the scenario's, `options` what `repeated_options` gives.
std::string rerun_command(const std::string& file, const ir::CaseId& id,
                          const std::string& options);

}  // namespace ktstr::cli
