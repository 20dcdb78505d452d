// SPDX-License-Identifier: GPL-2.0-only
// What the kernel tells of sched_ext in /sys/kernel/sched_ext (Documentation/scheduler/
// sched-ext.rst).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scheduler_state.h"

namespace ktstr::guest {

struct SchedExt {
  bool present = false;    ///< Whether this kernel has it.
  std::string state;       ///< `disabled`, `enabling`, `enabled`, `disabling`.
  std::string ops;         ///< The name of the scheduler in charge; empty without one.
  std::uint64_t seq = 0;   ///< How many were in charge so far.
  bool takes_all = false;  ///< Every task, not only those of policy ext.

  [[nodiscard]] bool in_charge() const { return state == "enabled" && !ops.empty(); }
};

SchedExt read_sched_ext(const std::string& directory);

/// `SCX_EV_SELECT_CPU_FALLBACK 12` becomes select_cpu_fallback.
std::vector<ir::NamedNumber> parse_events(std::string_view text);
/// The counters of the scheduler in charge; nullopt where this kernel has none.
std::optional<std::vector<ir::NamedNumber>> read_events(const std::string& directory);

}  // namespace ktstr::guest
