// SPDX-License-Identifier: GPL-2.0-only
// A group of equal workers: what they do, as whom, and where.
#pragma once

#include <optional>
#include <string>

#include "ir/cpuset_spec.h"
#include "ir/mem_policy.h"
#include "ir/policy.h"
#include "ir/work.h"

namespace ktstr::ir {

/// `4`, `cpus / 2`, or a share of the CPUs that the cgroup may use, rounded up.
using Workers = std::variant<Share, Count>;

enum class Clone { fork, thread, leader };

/// The keys of one group of equal workers. After expand `workers` is a literal count and `work` is
/// present.
struct WorkGroup {
  std::optional<Workers> workers;
  std::optional<Work> work;
  std::optional<Policy> policy;
  std::optional<Count> nice;
  std::optional<Affinity> affinity;
  std::optional<Count> node;
  std::optional<MemPolicy> mem_policy;
  std::optional<Clone> clone;
  std::optional<std::string> comm;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;

  bool operator==(const WorkGroup&) const = default;
  static constexpr auto schema = schema::record(
      "work_group", "Workers that all do the same.",
      schema::Field{"workers", &WorkGroup::workers,
                    "How many: a number, an expression, or a share of the cgroup's CPUs. By "
                    "default the scenario's `workers`.",
                    schema::range(0, 4096), schema::example("cpus / 2")},
      schema::Field{"work", &WorkGroup::work, "What they do; `spin` by default.",
                    schema::example("{bursty: {burst: 5ms, sleep: 5ms}}")},
      schema::Field{"policy", &WorkGroup::policy, "Their scheduling policy; `normal` by default.",
                    schema::example("{fifo: 10}")},
      schema::Field{"nice", &WorkGroup::nice, "Their nice value.", schema::range(-20, 19)},
      schema::Field{"affinity", &WorkGroup::affinity, "The CPUs they bind themselves to."},
      schema::Field{"node", &WorkGroup::node,
                    "The NUMA node whose CPUs they are bound to; `affinity` chooses among them.",
                    schema::at_least(0)},
      schema::Field{"mem_policy", &WorkGroup::mem_policy,
                    "Where their memory comes from; by default from the nodes they run on.",
                    schema::example("{interleave: \"0-1\"}")},
      schema::Field{"clone", &WorkGroup::clone,
                    "What they are: processes, or threads of one; `fork` by default."},
      schema::Field{"comm", &WorkGroup::comm,
                    "The name the kernel knows them by, of at most 15 bytes; their work type by "
                    "default. With `clone: leader` that of the leader alone.",
                    schema::example("worker")},
      schema::Field{"uid", &WorkGroup::uid, "The user they run as; root by default.",
                    schema::range(0, 4294967294.0)},
      schema::Field{"gid", &WorkGroup::gid, "The group they run as; root's by default.",
                    schema::range(0, 4294967294.0)});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Workers>{
    "workers", "A number of workers.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Clone> =
    std::array{ktstr::schema::Word{"fork", "A process each."},
               ktstr::schema::Word{
                   "thread", "Threads of one process, whose first thread is the first worker."},
               ktstr::schema::Word{
                   "leader", "Threads of one process, whose first thread only waits for them."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Clone>{
    "clone", "What the workers of a group are to the kernel."};
