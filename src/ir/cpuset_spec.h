// SPDX-License-Identifier: GPL-2.0-only
// The ways a scenario names CPUs: for a cgroup's cpuset, and for the affinity of workers.
#pragma once

#include "ir/expression.h"
#include "topology/cpuset.h"

namespace ktstr::ir {

struct AllCpus {
  bool operator==(const AllCpus&) const = default;
  static constexpr auto schema = schema::record("all", "Every CPU of the machine.");
};

struct LlcCpus {
  Count index = 0;
  bool operator==(const LlcCpus&) const = default;
  static constexpr auto schema =
      schema::record("llc", "The CPUs of one last-level cache.",
                     schema::Field{"index", &LlcCpus::index, "Its number.", schema::required,
                                   schema::at_least(0)})
          .written_as(schema::Shorthand::scalar);
};

struct NodeCpus {
  Count index = 0;
  bool operator==(const NodeCpus&) const = default;
  static constexpr auto schema =
      schema::record("node", "The CPUs of one NUMA node.",
                     schema::Field{"index", &NodeCpus::index, "Its number.", schema::required,
                                   schema::at_least(0)})
          .written_as(schema::Shorthand::scalar);
};

struct RangeCpus {
  Number start = 0.0;
  Number end = 1.0;
  bool operator==(const RangeCpus&) const = default;
  static constexpr auto schema =
      schema::record("range", "A part of the usable CPUs by fractions of their number.",
                     schema::Field{"start", &RangeCpus::start, "Where it begins.", schema::required,
                                   schema::range(0, 1)},
                     schema::Field{"end", &RangeCpus::end, "Where it ends, exclusive.",
                                   schema::required, schema::range(0, 1)})
          .written_as(schema::Shorthand::list);
};

struct DisjointCpus {
  Count index = 0;
  Count of = 1;
  bool operator==(const DisjointCpus&) const = default;
  static constexpr auto schema =
      schema::record("disjoint", "One of several equal parts of the usable CPUs.",
                     schema::Field{"index", &DisjointCpus::index, "Which part, from 0.",
                                   schema::required, schema::at_least(0)},
                     schema::Field{"of", &DisjointCpus::of, "How many parts.", schema::required,
                                   schema::at_least(1)})
          .written_as(schema::Shorthand::list);
};

struct OverlapCpus {
  Count index = 0;
  Count of = 1;
  Number share = 0.5;
  bool operator==(const OverlapCpus&) const = default;
  static constexpr auto schema =
      schema::record(
          "overlap", "One of several parts, each reaching into its neighbours.",
          schema::Field{"index", &OverlapCpus::index, "Which part, from 0.", schema::required,
                        schema::at_least(0)},
          schema::Field{"of", &OverlapCpus::of, "How many parts.", schema::required,
                        schema::at_least(1)},
          schema::Field{"frac", &OverlapCpus::share, "How far it reaches, as a fraction of a part.",
                        schema::required, schema::range(0, 1)})
          .written_as(schema::Shorthand::list);
};

struct ExactCpus {
  topology::CpuSet cpus;
  bool operator==(const ExactCpus&) const = default;
  static constexpr auto schema =
      schema::record("cpus", "Exactly these CPUs.",
                     schema::Field{"cpus", &ExactCpus::cpus, "Their numbers.", schema::required})
          .written_as(schema::Shorthand::scalar);
};

/// expand leaves only ExactCpus.
using CpusetSpec =
    std::variant<AllCpus, LlcCpus, NodeCpus, RangeCpus, DisjointCpus, OverlapCpus, ExactCpus>;

struct InheritAffinity {
  bool operator==(const InheritAffinity&) const = default;
  static constexpr auto schema = schema::record("inherit", "Whatever the cgroup allows.");
};
struct RandomAffinity {
  bool operator==(const RandomAffinity&) const = default;
  static constexpr auto schema =
      schema::record("random", "Each worker draws half of the cgroup's CPUs.");
};
struct LlcAffinity {
  bool operator==(const LlcAffinity&) const = default;
  static constexpr auto schema =
      schema::record("llc", "The part of the cgroup's CPUs in the LLC that holds most of them.");
};
struct SpanningAffinity {
  bool operator==(const SpanningAffinity&) const = default;
  static constexpr auto schema = schema::record("spanning", "All CPUs of the machine.");
};
struct SingleAffinity {
  bool operator==(const SingleAffinity&) const = default;
  static constexpr auto schema = schema::record("single", "The first of the cgroup's CPUs.");
};
struct SmtPairAffinity {
  bool operator==(const SmtPairAffinity&) const = default;
  static constexpr auto schema =
      schema::record("smt_pair",
                     "A core with two siblings among the cgroup's CPUs for each two workers, the "
                     "next one for the next two.");
};

using Affinity = std::variant<InheritAffinity, RandomAffinity, LlcAffinity, SpanningAffinity,
                              SingleAffinity, SmtPairAffinity, ExactCpus>;

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::CpusetSpec>{
    "cpuset", "The CPUs of a cgroup."};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Affinity>{
    "affinity", "The CPUs a worker binds itself to."};
