// SPDX-License-Identifier: GPL-2.0-only
// Files of the kernel that are changed for a while: each is put back to what it was.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "guest/control_files.h"
#include "ir/scheduler_use.h"

namespace ktstr::guest {

/// /proc/sys/kernel/x of `kernel.x`; fails on a name that leads elsewhere.
Result<std::string> sysctl_path(const std::string& name);
std::string text_of(const ir::SysctlValue& value);

class Knobs {
 public:
  explicit Knobs(ControlFiles& files) : files_(files) {}

  /// Writes the file and remembers what it held before the first time.
  Status set(const std::string& path, const std::string& text);
  /// The last that was changed first; goes on after a failure and gives the first.
  Status restore();

 private:
  ControlFiles& files_;
  std::vector<std::pair<std::string, std::string>> before_{};
};

}  // namespace ktstr::guest
