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
  /// `key` is the place of the key before the value; none for an item of a list.
  void set(std::string path, Place value, Place key = {}) {
    places_.insert_or_assign(std::move(path), Entry{std::move(value), std::move(key)});
  }
  /// The place of `path`, or of the nearest part of it that has one.
  [[nodiscard]] Place find(std::string_view path) const;
  /// The place of the key of `path`; of its value where it has no key.
  [[nodiscard]] Place find_key(std::string_view path) const;

 private:
  struct Entry {
    Place value;
    Place key;
  };
  [[nodiscard]] const Entry* nearest(std::string_view path) const;

  std::map<std::string, Entry, std::less<>> places_;
};

}  // namespace ktstr::ir
