// SPDX-License-Identifier: GPL-2.0-only
// ControlFiles: the directory tree of a cgroup v2 hierarchy, as far as Cgroups uses it. On a real
// one every change goes through a process of its own (control_helper.h), because the kernel may
// block a writer for as long as a broken scheduler likes; tests play the kernel.
#pragma once

#include <string>

#include "base/result.h"
#include "base/units.h"

namespace ktstr::guest {

class ControlFiles {
 public:
  /// The longest a change may take before it fails with ETIMEDOUT.
  static constexpr Nanos deadline = 2s;

  virtual ~ControlFiles() = default;

  virtual Status make_directory(const std::string& path) = 0;
  virtual Status remove_directory(const std::string& path) = 0;
  /// Writes an existing control file with one write(2).
  virtual Status write(const std::string& path, const std::string& text) = 0;
  virtual Result<std::string> read(const std::string& path) const = 0;
  /// Lets time pass; other work of the process goes on.
  virtual void pause(Nanos time) = 0;
};

}  // namespace ktstr::guest
