// SPDX-License-Identifier: GPL-2.0-only
#include "parse/later.h"

#include <algorithm>
#include <array>

namespace ktstr::parse {
namespace {

// clang-format off
constexpr LaterWord words[] = {
    // Keys of a document.
    {"scenario", "payloads", "running programs as payloads"},
    // Keys of a cgroup.
    {"cgroup", "payload", "running programs as payloads"},
    // Ops.
    {"op", "run_payload", "running programs as payloads"},
    {"op", "wait_payload", "running programs as payloads"},
    {"op", "kill_payload", "running programs as payloads"},
    {"op", "snapshot", "capturing the guest's state"},
    {"op", "watch", "watching kernel variables"},
    {"op", "write_map", "writing BPF maps"},
    // Checks.
    {"checks", "stall", "observing runqueues from outside"},
    {"checks", "imbalance", "observing runqueues from outside"},
    {"checks", "dsq_depth", "observing runqueues from outside"},
    {"checks", "work_conservation", "observing runqueues from outside"},
    // The gauntlet's other axis.
    {"gauntlet", "kernels", "varying kernels"},
};
// clang-format on

/// Types that have the keys of another in line.
constexpr std::array<std::array<std::string_view, 2>, 1> in_line{{{"define_cgroup", "cgroup"}}};

const LaterWord* find_row(std::string_view context, std::string_view word) {
  const auto* found = std::ranges::find_if(
      words, [&](const LaterWord& row) { return row.context == context && row.word == word; });
  return found == std::end(words) ? nullptr : found;
}

}  // namespace

std::span<const LaterWord> later_words() {
  return words;
}

const LaterWord* find_later(std::string_view context, std::string_view word) {
  if (const LaterWord* row = find_row(context, word)) return row;
  for (const auto& [outer, inner] : in_line)
    if (outer == context)
      if (const LaterWord* row = find_row(inner, word)) return row;
  return nullptr;
}

}  // namespace ktstr::parse
