// SPDX-License-Identifier: GPL-2.0-only
// The result for people: pure text, one function per part.
#pragma once

#include <string>
#include <vector>

#include "ir/verdict.h"

namespace ktstr::report {

struct Style {
  bool colour = false;
  bool verbose = false;     ///< Show what passed, too.
  std::size_t width = 100;  ///< Columns of the terminal; only the live lines are cut.
};

/// `4.2 s`, `1 min 20 s`.
std::string duration(Nanos time);
/// A finding in one line: `cpuset.yaml:31: a.max_gap <= 100ms: 212ms`.
std::string headline(const ir::Finding& finding);

/// The first line of a run: accelerator, kernel, why, how many, how long.
std::string opening(const ir::RunResult& run, std::size_t cases, Nanos estimate,
                    const Style& style);
/// A finished case: one line, and below it whatever did not pass, with the evidence.
std::string finished(const ir::CaseResult& result, const std::string& name, const Style& style);
/// A running case, cut to the terminal's width.
std::string running(const std::string& name, std::string_view stage, Nanos elapsed,
                    const Style& style);
/// The last line: how many of each.
std::string closing(const ir::RunResult& run, const Style& style);

/// DESIGN §7: the exit status of a run.
struct ExitRules {
  bool inconclusive_passes = false;  ///< --inconclusive=pass
  bool inconclusive_fails = false;   ///< --inconclusive=fail
  bool allow_skip = false;
};
int exit_status(const ir::RunResult& run, const ExitRules& rules);

}  // namespace ktstr::report
