// SPDX-License-Identifier: GPL-2.0-only
// What the kernel's log tells of trouble, by the sentences the kernel has for it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace ktstr::claims {

struct Trouble {
  std::string_view kind;  ///< oops, panic, lockup, rcu_stall, hung_task, bug, warning.
  std::size_t line = 0;   ///< Its first line.
  std::size_t count = 1;  ///< Reports of this kind.
};

/// The kind that a line begins a report of; empty for other lines.
std::string_view trouble_in(std::string_view line);

/// The first report of each kind, in the order of the log. A warning before `began` belongs to the
/// boot and is none of the scenario's doing; everything else counts whenever it was said.
std::vector<Trouble> troubles(std::span<const std::string> log, Nanos began);

/// The line's own time, `[   12.345678]`; 0 where it has none.
Nanos time_of(std::string_view line);

/// The message behind it, and behind a further `[ T123] ` of CONFIG_PRINTK_CALLER.
std::string_view message_of(std::string_view line);

}  // namespace ktstr::claims
