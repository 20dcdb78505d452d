// SPDX-License-Identifier: GPL-2.0-only
// Cgroups and the workers in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/cpuset_spec.h"
#include "ir/policy.h"
#include "ir/work.h"

namespace ktstr::ir {

/// `4`, `cpus / 2`, or a share of the CPUs that the cgroup may use, rounded up.
using Workers = std::variant<Share, Count>;

/// The keys of one group of equal workers. After expand `workers` is a literal count and `work` is
/// present.
struct WorkGroup {
  std::optional<Workers> workers;
  std::optional<Work> work;
  std::optional<Policy> policy;
  std::optional<Count> nice;
  std::optional<Affinity> affinity;

  bool operator==(const WorkGroup&) const = default;
  static constexpr auto schema = schema::record(
      "work_group", "Workers that all do the same.",
      schema::Field{"workers", &WorkGroup::workers,
                    "How many: a number, an expression, or a share of the cgroup's CPUs. By "
                    "default the scenario's `workers`.",
                    schema::range(0, 4096), schema::example("cpus / 2")},
      schema::Field{"work", &WorkGroup::work, "What they do; `spin` by default.",
                    schema::example("bursty: {burst: 5ms, sleep: 5ms}")},
      schema::Field{"policy", &WorkGroup::policy, "Their scheduling policy; `normal` by default.",
                    schema::example("{fifo: 10}")},
      schema::Field{"nice", &WorkGroup::nice, "Their nice value.", schema::range(-20, 19)},
      schema::Field{"affinity", &WorkGroup::affinity, "The CPUs they bind themselves to."});
};

struct Unlimited {
  bool operator==(const Unlimited&) const = default;
  static constexpr auto schema = schema::record("unlimited", "No limit.");
};

/// cpu.max as a share of one CPU.
using CpuMax = std::variant<Unlimited, Share>;

struct CpuLimits {
  std::optional<Count> weight;
  std::optional<CpuMax> max;

  bool operator==(const CpuLimits&) const = default;
  static constexpr auto schema = schema::record(
      "cpu_limits", "The cpu controller (cgroup v2, `cpu.weight` and `cpu.max`).",
      schema::Field{"weight", &CpuLimits::weight, "Its weight among its siblings.",
                    schema::range(1, 10000)},
      schema::Field{"max", &CpuLimits::max,
                    "Bandwidth as a share of one CPU, in periods of 100 ms; 250% is two and a half "
                    "CPUs.",
                    schema::range(0.01, 4096)});
};

struct MemoryLimits {
  std::optional<Bytes> max;
  std::optional<Bytes> high;
  std::optional<Bytes> low;
  std::optional<Bytes> swap_max;

  bool operator==(const MemoryLimits&) const = default;
  static constexpr auto schema = schema::record(
      "memory_limits", "The memory controller (cgroup v2).",
      schema::Field{"max", &MemoryLimits::max, "`memory.max`: the hard limit."},
      schema::Field{"high", &MemoryLimits::high, "`memory.high`: where reclaim starts."},
      schema::Field{"low", &MemoryLimits::low, "`memory.low`: protected from reclaim."},
      schema::Field{"swap_max", &MemoryLimits::swap_max, "`memory.swap.max`."});
};

/// What `for_each` counts over.
enum class Each { node, cpu_node, llc, core, cpu };
using ForEach = std::variant<Each, Count>;

/// After expand: no `for_each`, `cpuset` exact or absent, all workers in `groups`.
struct Cgroup {
  std::string name;
  std::optional<ForEach> for_each;
  std::optional<CpusetSpec> cpuset;
  CpuLimits cpu;
  MemoryLimits memory;
  WorkGroup group;
  std::vector<WorkGroup> groups;

  bool operator==(const Cgroup&) const = default;
  static constexpr auto schema = schema::record(
      "cgroup", "A cgroup and its workers.",
      schema::Field{"name", &Cgroup::name,
                    "Its name; `a/b` nests it in `a`. `{i}` is the number under `for_each`.",
                    schema::required, schema::example("cg_{i}")},
      schema::Field{"for_each", &Cgroup::for_each,
                    "Repeats the cgroup for each node, LLC, … or N times."},
      schema::Field{"cpuset", &Cgroup::cpuset, "The CPUs it may use; all by default."},
      schema::Field{"cpu", &Cgroup::cpu, "CPU weight and bandwidth."},
      schema::Field{"memory", &Cgroup::memory, "Memory limits."},
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
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Workers>{
    "workers", "A number of workers.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::CpuMax>{
    "cpu_max", "A bandwidth limit.", ktstr::schema::Tagging::by_shape};
