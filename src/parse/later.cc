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
    // Types of work.
    {"work", "io_sync_write", "another type of work"},
    {"work", "io_rand_read", "another type of work"},
    {"work", "io_convoy", "another type of work"},
    {"work", "cache_yield", "another type of work"},
    {"work", "cache_pipe", "another type of work"},
    {"work", "futex_fan_out", "another type of work"},
    {"work", "sequence", "another type of work"},
    {"work", "nice_sweep", "another type of work"},
    {"work", "affinity_churn", "another type of work"},
    {"work", "policy_churn", "another type of work"},
    {"work", "fan_out_compute", "another type of work"},
    {"work", "page_fault_churn", "another type of work"},
    {"work", "mutex_contention", "another type of work"},
    {"work", "cross_affinity_churn", "another type of work"},
    {"work", "thundering_herd", "another type of work"},
    {"work", "priority_inversion", "another type of work"},
    {"work", "producer_consumer_imbalance", "another type of work"},
    {"work", "rt_starvation", "another type of work"},
    {"work", "asymmetric_waker", "another type of work"},
    {"work", "wake_chain", "another type of work"},
    {"work", "numa_working_set_sweep", "another type of work"},
    {"work", "cgroup_churn", "another type of work"},
    {"work", "cgroup_attach_storm", "another type of work"},
    {"work", "signal_storm", "another type of work"},
    {"work", "preempt_storm", "another type of work"},
    {"work", "epoll_storm", "another type of work"},
    {"work", "numa_migration_churn", "another type of work"},
    {"work", "idle_churn", "another type of work"},
    {"work", "alu_hot", "another type of work"},
    {"work", "smt_sibling_spin", "another type of work"},
    {"work", "ipc_variance", "another type of work"},
    {"work", "timer_latency", "another type of work"},
    {"work", "net_traffic", "another type of work"},
    {"work", "irq_wake", "another type of work"},
    {"work", "schbench", "a built-in benchmark"},
    {"work", "taobench", "a built-in benchmark"},
    {"work", "program", "work written in the scenario"},
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
    {"checks", "fallback", "observing sched_ext's counters"},
    {"checks", "keep_last", "observing sched_ext's counters"},
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
