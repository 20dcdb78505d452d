// SPDX-License-Identifier: GPL-2.0-only
// MachineView: a machine as its kernel describes it in sysfs. The guest sends what it sees, the
// host compares it with what the scenario asked for.
#pragma once

#include <string>
#include <vector>

#include "topology/topology.h"

namespace ktstr::topology {

struct CpuView {
  std::uint32_t cpu = 0;
  std::int64_t package = -1;  ///< topology/physical_package_id
  std::int64_t die = -1;      ///< topology/die_id
  std::int64_t core = -1;     ///< topology/core_id
  CpuSet threads;             ///< topology/thread_siblings_list
  CpuSet llc;                 ///< cache/index*/shared_cpu_list of level 3; empty without one
  std::int64_t node = -1;

  bool operator==(const CpuView&) const = default;
  static constexpr auto schema = schema::record(
      "cpu_view", "A CPU in sysfs.", schema::Field{"cpu", &CpuView::cpu, "Its number."},
      schema::Field{"package", &CpuView::package, "Package id."},
      schema::Field{"die", &CpuView::die, "Die id."},
      schema::Field{"core", &CpuView::core, "Core id."},
      schema::Field{"threads", &CpuView::threads, "Thread siblings."},
      schema::Field{"llc", &CpuView::llc, "CPUs sharing the level-3 cache."},
      schema::Field{"node", &CpuView::node, "NUMA node."});
};

struct NodeView {
  CpuSet cpus;
  Bytes memory;  ///< Pages present, from /proc/zoneinfo.
  std::vector<std::uint32_t> distances;

  bool operator==(const NodeView&) const = default;
  static constexpr auto schema = schema::record(
      "node_view", "A NUMA node in sysfs.", schema::Field{"cpus", &NodeView::cpus, "Its CPUs."},
      schema::Field{"memory", &NodeView::memory, "Its memory."},
      schema::Field{"distances", &NodeView::distances, "To each node."});
};

struct MachineView {
  std::vector<CpuView> cpus;    ///< Online ones, ascending.
  std::vector<NodeView> nodes;  ///< By number, without holes.

  bool operator==(const MachineView&) const = default;
  static constexpr auto schema = schema::record(
      "machine_view", "A machine in sysfs.", schema::Field{"cpus", &MachineView::cpus, "CPUs."},
      schema::Field{"nodes", &MachineView::nodes, "NUMA nodes."});
};

/// What a machine of this topology should show; package, die and core ids are left open (-1).
MachineView expected_view(const Topology& topology);
/// Each difference that matters, as a sentence: thread siblings, LLC groups, CPUs of nodes, memory
/// of nodes beyond ± 5 %, distances. Ids are recorded but not compared.
std::vector<std::string> differences(const MachineView& expected, const MachineView& seen);

}  // namespace ktstr::topology
