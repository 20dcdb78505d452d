// SPDX-License-Identifier: GPL-2.0-only
// A scheduler's own statistics over the socket that schedulers of the scx project serve: one line
// of JSON as the question, one as the answer.
#pragma once

#include <string>
#include <vector>

#include "guest/loop.h"
#include "ir/scheduler_state.h"

namespace ktstr::guest {

inline constexpr const char* scx_stats_path = "/var/run/scx/root/stats";

/// The numbers of `{"errno":0,"args":{"resp":{…}}}`; none of an answer that is anything else.
std::vector<ir::NamedNumber> parse_stats_answer(std::string_view line);

class ScxStats {
 public:
  explicit ScxStats(Loop& loop) : loop_(loop) {}
  ScxStats(const ScxStats&) = delete;
  ScxStats& operator=(const ScxStats&) = delete;
  ~ScxStats() { close(); }

  /// Asks anew unless an answer is outstanding. Nobody need be there to answer; never waits.
  void ask(const std::string& path = scx_stats_path);
  /// What was told since the last time; empty when nothing was.
  std::vector<ir::NamedNumber> take() { return std::exchange(told_, {}); }
  void close();

 private:
  void serve();

  static constexpr std::size_t longest_answer = 256 * 1024;

  Loop& loop_;
  Fd socket_;
  std::string answer_;
  bool outstanding_ = false;
  std::vector<ir::NamedNumber> told_;
};

}  // namespace ktstr::guest
