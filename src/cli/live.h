// SPDX-License-Identifier: GPL-2.0-only
// Live: what a run shows while it goes on. On a terminal one line per running case that is
// rewritten in place, above it the finished ones; elsewhere only the finished ones. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "report/text.h"
#include "run/session.h"

namespace ktstr::cli {

class Live {
 public:
  Live(bool terminal, report::Style style) : terminal_(terminal), style_(style) {}
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live();

  void update(std::size_t index, const std::string& name, const run::Progress& progress);
  /// Removes the case's line and prints its result.
  void finish(std::size_t index, const std::string& text);

 private:
  void erase();
  void draw();

  const bool terminal_;
  const report::Style style_;
  std::mutex mutex_;
  std::map<std::size_t, std::string> lines_;
  std::size_t drawn_ = 0;
};

/// Whether standard output is a terminal.
bool is_terminal();
/// Whether what is written to the descriptor may have colours: to a terminal that knows them, where
/// nobody minds (NO_COLOR, TERM).
bool wants_colour(int fd);
/// The style of standard output.
report::Style terminal_style(bool verbose);

}  // namespace ktstr::cli
