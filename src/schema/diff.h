// SPDX-License-Identifier: GPL-2.0-only
// What differs between two values of one type, in the words of the file.
#pragma once

#include <string>
#include <vector>

#include "schema/type.h"

namespace ktstr::schema {

struct Difference {
  std::string path;  ///< `steps[1].ops[0].set_cpuset.cgroup`; empty for the whole value.
  std::string left;  ///< As a file would hold it on one line; empty where this side has none.
  std::string right;

  bool operator==(const Difference&) const = default;
};

/// The innermost values that differ, in the order of the schema; none when the values are equal.
/// Both sides have the same type.
std::vector<Difference> diff(ConstRef left, ConstRef right);

/// One line each: `path: left → right`.
std::string to_text(const std::vector<Difference>& differences);

}  // namespace ktstr::schema
