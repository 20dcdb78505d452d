// SPDX-License-Identifier: GPL-2.0-only
// Where the parts of a scenario stand in its file, beside the IR so that neither == nor the wire
// sees it. Keys are paths in the words of the file: `steps[1].ops[0].set_cpuset.cgroup`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/source.h"

namespace ktstr::ir {

class SourceMap {
 public:
  void set(std::string path, Place place) {
    places_.insert_or_assign(std::move(path), std::move(place));
  }
  /// The place of `path`, or of the nearest part of it that has one.
  [[nodiscard]] Place find(std::string_view path) const;

 private:
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace ktstr::ir
