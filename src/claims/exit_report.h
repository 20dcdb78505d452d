// SPDX-License-Identifier: GPL-2.0-only
// The end of a sched_ext scheduler, from what the kernel's log and the scheduler's own output say
// of it (scx_exit_kind, scx_exit_reason and the debug dump of kernel/sched/ext.c; 6.12 to 7.x).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scheduler_exit.h"

namespace ktstr::claims {

struct ExitReport {
  std::string kind;    ///< ERROR_STALL, UNREG…: scx_exit_kind without SCX_EXIT_.
  std::string reason;  ///< `runnable task stall`
  std::string message;
  std::vector<std::string> backtrace;
  Nanos at{0};  ///< By the kernel's log; 0 if that does not say.

  bool operator==(const ExitReport&) const = default;
};

/// ERROR_STALL of `runnable task stall`; ERROR of one that is not known.
std::string_view kind_of_reason(std::string_view reason);

/// The kernel's report that `ops`, or any scheduler if empty, was disabled, after `earlier` others
/// of that name.
std::optional<ExitReport> exit_in_kernel_log(std::span<const std::string> log, std::string_view ops,
                                             std::size_t earlier);
/// `EXIT: reason (message)` in a scheduler's output, the last one.
std::optional<ExitReport> exit_in_output(std::span<const std::string> output);

/// The debug dump within the lines, with the backtrace that stands in it.
struct DumpReport {
  ir::SchedulerDump dump;
  ExitReport exit;
};
std::optional<DumpReport> find_dump(std::span<const std::string> lines);

}  // namespace ktstr::claims
