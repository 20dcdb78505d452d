// SPDX-License-Identifier: GPL-2.0-only
// The programs of this host that scenarios name, of schedulers and of payloads: where they are
// looked for.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/source.h"

namespace ktstr::cli {

/// Who names a program.
struct Mention {
  std::string who;     ///< `the scheduler `simple``
  Place place{};       ///< Where; unknown for what the command line defines.
  std::string hint{};  ///< What else a person can do when it is not found.

  /// The directory of the file; `.` without one.
  [[nodiscard]] std::string directory() const;
};

/// Looks beside the file that names the program, in the directories of the command line, where
/// ktstr's own are, and in $PATH; for a name with a slash beside the file alone. Gives an absolute
/// path. What is not found is an error that says where was looked.
Result<std::string> find_program(const std::string& name, const Mention& mention,
                                 const std::vector<std::string>& directories);

}  // namespace ktstr::cli
