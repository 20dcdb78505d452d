// SPDX-License-Identifier: GPL-2.0-only
// Asks private-apt.sh, whose usage and exit statuses stand at its top, for packages of any suite.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ktstr::kernel {

struct AptAnswer {
  std::vector<std::string> lines;  ///< What was asked for, when `status` is 0.
  int status = 0;                  ///< The script's exit status.
  std::string complaint;           ///< What went wrong, in words, otherwise.
};

inline constexpr int apt_knows_no_such_package = 11;

/// Runs the script; fails only when it cannot be run.
Result<AptAnswer> ask_apt(const std::vector<std::string>& words);

/// The lines of the answer; `aim`, such as `fetch a kernel`, starts the error.
Result<std::vector<std::string>> apt_lines(std::string_view aim,
                                           const std::vector<std::string>& words);

/// The error that a failed answer amounts to.
Error apt_error(std::string_view aim, const AptAnswer& answer);

/// The lines of `text`, without empty ones.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace ktstr::kernel
