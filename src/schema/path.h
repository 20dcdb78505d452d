// SPDX-License-Identifier: GPL-2.0-only
// Where in a value something stands, in the words of the file: `steps[1].ops[0].set_cpuset.cgroup`.
// A Path is a chain of stack frames, so walking costs no memory; `text` spells it out when asked.
// Fields, keys of maps and words of choices are names; a name that is no plain word is quoted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ktstr::schema {

class Path {
 public:
  Path() = default;  ///< The root.
  /// Both keep a reference to `parent`, and the first a view of `name`.
  Path(const Path& parent, std::string_view name) : parent_(&parent), name_(name) {}
  Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index), is_index_(true) {}
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  [[nodiscard]] bool is_root() const { return parent_ == nullptr; }
  /// The words of the file; empty for the root.
  [[nodiscard]] std::string text() const;

 private:
  const Path* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

}  // namespace ktstr::schema
