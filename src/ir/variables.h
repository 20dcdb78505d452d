// SPDX-License-Identifier: GPL-2.0-only
// The names that the language keeps for itself: what a topology supplies to expressions and claims,
// the words of expressions, and the subjects of claims. No var and no cgroup may be called so.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ktstr::ir {

/// The numbers of a topology by which expressions and claims may call them.
inline constexpr std::array<std::string_view, 9> topology_variables{
    "cpus",  "usable_cpus",  "nodes",         "cpu_nodes",       "llcs",
    "cores", "cpus_per_llc", "cores_per_llc", "threads_per_core"};

/// The number of a repetition, within a cgroup that has `for_each`.
inline constexpr std::string_view repetition_variable = "i";

/// Words of the expression grammar.
inline constexpr std::array<std::string_view, 5> expression_words{"mod", "min", "max", "ceil",
                                                                  "floor"};

/// What a claim can be about besides cgroups.
inline constexpr std::array<std::string_view, 8> builtin_subjects{
    "total", "machine", "monitor", "scheduler", "kernel", "cgroup", "payload", "map"};

/// Whether a cgroup or var may not be called so.
constexpr bool is_reserved(std::string_view name) {
  return name == repetition_variable || std::ranges::count(topology_variables, name) > 0 ||
         std::ranges::count(expression_words, name) > 0 ||
         std::ranges::count(builtin_subjects, name) > 0;
}

}  // namespace ktstr::ir
