// SPDX-License-Identifier: GPL-2.0-only
// The programs and headers that building a kernel takes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace ktstr::kernel {

struct BuildNeed {
  std::string name;     ///< Of the program, or the header: `pahole`, `gelf.h`.
  std::string package;  ///< Debian's, which holds it.
  std::string why;

  bool operator==(const BuildNeed&) const = default;
};

/// What is not there of all that a build takes: programs in $PATH, headers that gcc finds.
std::vector<BuildNeed> missing_build_needs();

/// One error that names all of `missing` and the command that installs it.
Error describe_missing(const std::vector<BuildNeed>& missing);

/// Whether pahole is as new as the source `tree` asks for in its documentation; with an older one
/// BPF programs may not find what they may call. A tree that does not tell is content.
Status check_pahole(const std::string& tree);

/// The versions, a line each, of the programs whose output depends on them.
Result<std::string> toolchain_identity();

}  // namespace ktstr::kernel
