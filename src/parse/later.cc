// SPDX-License-Identifier: GPL-2.0-only
#include "parse/later.h"

#include <algorithm>
#include <array>

namespace ktstr::parse {
namespace {

// clang-format off
constexpr LaterWord words[] = {
    // Keys of a document.
    {"scenario", "tags", "selecting scenarios by tag"},
    {"scenario", "require", "conditions on the host and guest"},
    {"scenario", "payloads", "running programs as payloads"},
    {"scenario", "sysctls", "setting sysctls"},
    {"scenario", "kargs", "adding to the kernel command line"},
    {"scenario", "files", "putting files into the guest"},
    {"scenario", "cgroup_root", "choosing the parent of all cgroups"},
    {"scenario", "extends", "building on another scenario"},
    // Keys of a cgroup.
    {"cgroup", "cpuset_mems", "limiting cgroups to NUMA nodes"},
    {"cgroup", "swappable", "keeping a cgroup out of swap"},
    {"cgroup", "payload", "running programs as payloads"},
    {"cgroup", "io", "the io controller"},
    {"cgroup", "pids", "the pids controller"},
    // Keys of a work group; a cgroup, define_cgroup and spawn have them in line.
    {"work_group", "mem_policy", "NUMA memory policies"},
    {"work_group", "comm", "naming worker processes"},
    {"work_group", "uid", "running workers as another user"},
    {"work_group", "gid", "running workers as another group"},
    {"work_group", "clone", "workers as threads"},
    {"work_group", "node", "binding workers to a NUMA node"},
    // Scheduling policies.
    {"policy", "deadline", "the policy deadline"},
    // Ops.
    {"op", "set_memory", "changing memory limits during the run"},
    {"op", "spawn_host", "load on the host"},
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
    {"checks", "fallback", "observing sched_ext's counters"},
    {"checks", "keep_last", "observing sched_ext's counters"},
    {"checks", "work_conservation", "observing runqueues from outside"},
    // The gauntlet's other axes.
    {"gauntlet", "work", "varying the work"},
    {"gauntlet", "kernels", "varying kernels"},
};
// clang-format on

/// Types that have the keys of another in line.
constexpr std::array<std::array<std::string_view, 2>, 4> in_line{{{"cgroup", "work_group"},
                                                                  {"define_cgroup", "cgroup"},
                                                                  {"define_cgroup", "work_group"},
                                                                  {"spawn", "work_group"}}};

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
