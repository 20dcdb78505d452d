// SPDX-License-Identifier: GPL-2.0-only
// Runs the built ktstr-run as a user would and keeps what it said.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process.h"

namespace ktstr::e2e {

/// Why nothing can be booted here, or nothing.
std::optional<std::string> obstacle();

/// A file of the source tree.
std::string source_path(const std::string& path);

/// The command line of ktstr-run with `arguments`, its run directory below `runs`.
Command command(const std::string& runs, const std::vector<std::string>& arguments);

/// Runs it to the end; fails the test when that takes longer than `timeout`.
Output ktstr_run(const std::string& runs, const std::vector<std::string>& arguments,
                 Nanos timeout = 10min);

/// Lines of `text` that begin with `word` and a blank.
std::size_t lines_beginning(const std::string& text, const std::string& word);

/// Processes of which a command line argument holds `text`, but not this one.
std::vector<pid_t> processes_with(const std::string& text);

}  // namespace ktstr::e2e
