// SPDX-License-Identifier: GPL-2.0-only
// The kernel's command line: what every machine is booted with, and hence what no scenario may
// give another meaning.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ktstr::ir {

/// plan adds what scenarios and schedulers want; the monitors add nothing.
inline constexpr std::array<std::string_view, 15> kernel_arguments{"console=ttyS0",
                                                                   "rdinit=/init",
                                                                   "panic=-1",
                                                                   "loglevel=5",
                                                                   "nokaslr",
                                                                   "mitigations=off",
                                                                   "tsc=reliable",
                                                                   "no_timer_check",
                                                                   "cryptomgr.notests",
                                                                   "audit=0",
                                                                   "security=none",
                                                                   "rcupdate.rcu_expedited=1",
                                                                   "random.trust_cpu=on",
                                                                   "i8042.noaux",
                                                                   "i8042.nokbd"};

/// What would take away the machine that the scenario describes, or our init.
inline constexpr std::array<std::string_view, 12> kernel_arguments_refused{
    "init", "initrd",  "root", "quiet", "debug", "maxcpus",
    "mem",  "nr_cpus", "acpi", "nosmp", "numa",  "--"};

/// Whether two words set the same: the part before `=` counts, and a dash is an underscore.
constexpr bool same_argument(std::string_view one, std::string_view other) {
  const auto plain = [](char c) { return c == '-' ? '_' : c; };
  return std::ranges::equal(one.substr(0, one.find('=')), other.substr(0, other.find('=')), {},
                            plain, plain);
}

/// Whether a word would change what ktstr itself relies on.
constexpr bool is_ours(std::string_view word) {
  const auto same = [&](std::string_view each) { return same_argument(each, word); };
  return std::ranges::any_of(kernel_arguments, same) ||
         std::ranges::any_of(kernel_arguments_refused, same);
}

}  // namespace ktstr::ir
