// SPDX-License-Identifier: GPL-2.0-only
// A program that runs beside the scenario, such as a scheduler: a child of init in a process group
// of its own, whose output is taken line by line and which is told of when it ends.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <signal.h>

#include "guest/loop.h"

namespace ktstr::guest {

class Program {
 public:
  struct End {
    int code = 0;
    int signal = 0;
  };
  using OnLine = std::function<void(std::string)>;

  Program(Loop& loop, OnLine on_line) : loop_(loop), on_line_(std::move(on_line)) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Starts `argv`; what cannot be executed ends with status 127 and says why.
  Status start(const std::vector<std::string>& argv, const std::vector<std::string>& environment);
  /// Whoever reaps init's children asks each program whether it was its; true then.
  bool reaped(const siginfo_t& info);

  [[nodiscard]] bool runs() const { return pid_ > 0 && !end_; }
  [[nodiscard]] const std::optional<End>& end() const { return end_; }
  /// To the program alone, or with SIGKILL to its whole group.
  void signal(int number) const;
  /// What the pipe still holds, and lines held back.
  void drain();

 private:
  void serve();
  bool read_some();
  void take(std::string line);
  void flush();

  static constexpr std::size_t longest_line = 4096;
  static constexpr std::size_t lines_per_second = 2000;
  static constexpr std::size_t lines_held = 400;  ///< The last of a flood, of which the rest goes.

  Loop& loop_;
  OnLine on_line_;
  pid_t pid_ = -1;
  std::optional<End> end_{};
  Fd output_{};
  std::string open_{};  ///< A line that has not ended.
  std::deque<std::string> held_{};
  std::uint64_t dropped_ = 0;
  Nanos second_{0};
  std::size_t lines_ = 0;
};

}  // namespace ktstr::guest
