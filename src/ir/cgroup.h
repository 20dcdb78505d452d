// SPDX-License-Identifier: GPL-2.0-only
// Cgroups: their CPUs, memory and limits, and the workers in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/limits.h"
#include "ir/work_group.h"

namespace ktstr::ir {

/// What `for_each` counts over.
enum class Each { node, cpu_node, llc, core, cpu };
using ForEach = std::variant<Each, Count>;

/// After expand: no `for_each`, `cpuset` and `cpuset_mems` exact or absent, all workers in
/// `groups`.
struct Cgroup {
  std::string name;
  std::optional<ForEach> for_each;
  std::optional<CpusetSpec> cpuset;
  std::optional<NodesSpec> cpuset_mems;
  CpuLimits cpu;
  MemoryLimits memory;
  IoLimits io;
  PidsLimits pids;
  bool swappable = false;
  std::optional<std::string> payload;
  WorkGroup group;
  std::vector<WorkGroup> groups;

  /// No workers are written down, so it has none.
  [[nodiscard]] bool is_for_payload_alone() const {
    return payload && !group.workers && !group.work && groups.empty();
  }
  bool operator==(const Cgroup&) const = default;
  static constexpr auto schema = schema::record(
      "cgroup", "A cgroup and its workers.",
      schema::Field{"name", &Cgroup::name,
                    "Its name; `a/b` nests it in `a`. `{i}` is the number under `for_each`.",
                    schema::required, schema::example("cg_{i}")},
      schema::Field{"for_each", &Cgroup::for_each,
                    "Repeats the cgroup for each node, LLC, … or N times."},
      schema::Field{"cpuset", &Cgroup::cpuset, "The CPUs it may use; all by default."},
      schema::Field{"cpuset_mems", &Cgroup::cpuset_mems,
                    "The NUMA nodes it may take memory from; all by default.",
                    schema::example("{node: 1}")},
      schema::Field{"cpu", &Cgroup::cpu, "CPU weight and bandwidth."},
      schema::Field{"memory", &Cgroup::memory, "Memory limits."},
      schema::Field{"io", &Cgroup::io, "Its share of a disk."},
      schema::Field{"pids", &Cgroup::pids, "How many tasks it may have."},
      schema::Field{"swappable", &Cgroup::swappable,
                    "`work` of the gauntlet may put other work in the place of its own."},
      schema::Field{"payload", &Cgroup::payload,
                    "A payload that runs in it until its step ends. Workers beside it it has only "
                    "where they are written down.",
                    schema::example("fio")},
      schema::Field{"", &Cgroup::group, "One group of workers, or the defaults of `groups`."},
      schema::Field{"groups", &Cgroup::groups, "Several groups of workers in place of one."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Each> = std::array{
    ktstr::schema::Word{"node", "Every NUMA node."},
    ktstr::schema::Word{"cpu_node", "Every NUMA node that has CPUs."},
    ktstr::schema::Word{"llc", "Every last-level cache."},
    ktstr::schema::Word{"core", "Every core."}, ktstr::schema::Word{"cpu", "Every CPU."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Each>{
    "each", "A part of the topology."};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::ForEach>{
    "for_each", "What a cgroup is repeated for.", ktstr::schema::Tagging::by_shape};
