// SPDX-License-Identifier: GPL-2.0-only
// Which files the arguments of a command mean.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace ktstr::parse {

struct ScenarioFile {
  std::string path;
  /// Relative to the directory that was named, without extension; with it, or the path, where two
  /// files would have the same.
  std::string stem;

  bool operator==(const ScenarioFile&) const = default;
};

/// Files as they are given, whatever their names; of directories every *.yaml, *.yml, *.toml and
/// *.json in them, in the order of their paths, without names that begin with `_` or `.`. A file
/// is listed once. Links to directories are not followed.
std::vector<ScenarioFile> discover(const std::vector<std::string>& arguments,
                                   Diagnostics& diagnostics);

}  // namespace ktstr::parse
