// SPDX-License-Identifier: GPL-2.0-only
// NUMA nodes in a scenario: those that a cgroup may take memory from, and how workers place theirs
// on them (numa(7), set_mempolicy(2)). Sets of nodes are written as sets of CPUs are: `0-1,3`.
#pragma once

#include <vector>

#include "ir/expression.h"
#include "topology/cpuset.h"

namespace ktstr::ir {

struct OneNode {
  Count index = 0;
  bool operator==(const OneNode&) const = default;
  static constexpr auto schema =
      schema::record("node", "One NUMA node.",
                     schema::Field{"index", &OneNode::index, "Its number.", schema::required,
                                   schema::at_least(0)})
          .written_as(schema::Shorthand::scalar);
};

struct ExactNodes {
  topology::CpuSet nodes;
  bool operator==(const ExactNodes&) const = default;
  static constexpr auto schema =
      schema::record("nodes", "Exactly these NUMA nodes.",
                     schema::Field{"nodes", &ExactNodes::nodes, "Their numbers.", schema::required})
          .written_as(schema::Shorthand::scalar);
};

/// expand leaves only ExactNodes.
using NodesSpec = std::variant<OneNode, ExactNodes>;

/// MPOL_F_STATIC_NODES, MPOL_F_RELATIVE_NODES, MPOL_F_NUMA_BALANCING.
enum class NodeFlag { static_nodes, relative_nodes, balancing };

/// The policies that name nodes have the same two fields.
template <class Policy>
constexpr auto node_policy(std::string_view name, std::string_view doc,
                           topology::CpuSet Policy::*nodes, std::vector<NodeFlag> Policy::*flags) {
  return schema::record(
             name, doc, schema::Field{"nodes", nodes, "Which nodes.", schema::required},
             schema::Field{"flags", flags, "What their numbers mean, and what the kernel may do.",
                           schema::example("[static]")})
      .written_as(schema::Shorthand::scalar);
}

struct LocalMemory {
  bool operator==(const LocalMemory&) const = default;
  static constexpr auto schema =
      schema::record("local", "Pages come from the node of the CPU that touches them.");
};

struct BindMemory {
  topology::CpuSet nodes;
  std::vector<NodeFlag> flags;
  bool operator==(const BindMemory&) const = default;
  static constexpr auto schema = node_policy("bind", "Pages come from these nodes and no others.",
                                             &BindMemory::nodes, &BindMemory::flags);
};

struct PreferredMemory {
  topology::CpuSet nodes;
  std::vector<NodeFlag> flags;
  bool operator==(const PreferredMemory&) const = default;
  static constexpr auto schema =
      node_policy("preferred", "Pages come from these nodes while they have any.",
                  &PreferredMemory::nodes, &PreferredMemory::flags);
};

struct InterleavedMemory {
  topology::CpuSet nodes;
  std::vector<NodeFlag> flags;
  bool operator==(const InterleavedMemory&) const = default;
  static constexpr auto schema = node_policy("interleave", "Pages come from these nodes in turn.",
                                             &InterleavedMemory::nodes, &InterleavedMemory::flags);
};

struct WeightedMemory {
  topology::CpuSet nodes;
  std::vector<NodeFlag> flags;
  bool operator==(const WeightedMemory&) const = default;
  static constexpr auto schema =
      node_policy("weighted_interleave",
                  "Pages come from these nodes in turn, from each as many as its weight in "
                  "/sys/kernel/mm/mempolicy/weighted_interleave; since Linux 6.9.",
                  &WeightedMemory::nodes, &WeightedMemory::flags);
};

using MemPolicy =
    std::variant<LocalMemory, BindMemory, PreferredMemory, InterleavedMemory, WeightedMemory>;

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::NodesSpec>{
    "numa_nodes", "A set of NUMA nodes."};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::MemPolicy>{
    "mem_policy", "Where a worker's memory comes from."};
template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::NodeFlag> = std::array{
    ktstr::schema::Word{"static", "The nodes are these, whatever nodes the cgroup may use."},
    ktstr::schema::Word{"relative", "The nodes are counted among those that the cgroup may use."},
    ktstr::schema::Word{"balancing", "The kernel may move pages between the nodes (bind only)."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::NodeFlag>{
    "node_flag", "A flag of a memory policy."};
