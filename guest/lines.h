// SPDX-License-Identifier: GPL-2.0-only
// What a program writes, line by line. Lines are cut at 4 KiB, and of a flood most goes, but never
// the last lines: there the reason stands.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace ktstr::guest {

class Lines {
 public:
  explicit Lines(std::function<void(std::string)> on_line) : on_line_(std::move(on_line)) {}

  void take(std::string_view text);
  /// A line that has not ended, and lines held back.
  void finish();

 private:
  void take_line(std::string line);
  void flush();

  static constexpr std::size_t longest_line = 4096;
  static constexpr std::size_t lines_per_second = 2000;
  static constexpr std::size_t lines_held = 400;  ///< The last of a flood.

  std::function<void(std::string)> on_line_;
  std::string open_{};  ///< A line that has not ended.
  std::deque<std::string> held_{};
  std::uint64_t dropped_ = 0;
  Nanos second_{0};
  std::size_t lines_ = 0;
};

}  // namespace ktstr::guest
