// SPDX-License-Identifier: GPL-2.0-only
#include "parse/later.h"

#include <algorithm>

namespace ktstr::parse {
namespace {

// clang-format off
constexpr LaterWord words[] = {
    // Ops.
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

}  // namespace

std::span<const LaterWord> later_words() {
  return words;
}

const LaterWord* find_later(std::string_view context, std::string_view word) {
  const auto* found = std::ranges::find_if(
      words, [&](const LaterWord& row) { return row.context == context && row.word == word; });
  return found == std::end(words) ? nullptr : found;
}

}  // namespace ktstr::parse
