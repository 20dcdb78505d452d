// SPDX-License-Identifier: GPL-2.0-only
#include "topology/view.h"

#include <algorithm>

namespace ktstr::topology {
namespace {

constexpr double memory_tolerance = 0.05;

std::string quoted(const CpuSet& set) {
  return set.empty() ? "none" : to_text(set);
}

void compare(std::vector<std::string>& out, const std::string& what, const CpuSet& expected,
             const CpuSet& seen) {
  if (expected != seen)
    out.push_back(what + ": asked for " + quoted(expected) + ", the kernel sees " + quoted(seen));
}

void compare_nodes(std::vector<std::string>& out, std::size_t index, const NodeView& expected,
                   const NodeView& seen) {
  const std::string node = "node " + std::to_string(index);
  compare(out, "CPUs of " + node, expected.cpus, seen.cpus);
  if (expected.distances != seen.distances) out.push_back("distances of " + node + " differ");
  const auto wanted = static_cast<double>(expected.memory.count);
  const auto have = static_cast<double>(seen.memory.count);
  if (have < wanted * (1 - memory_tolerance) || have > wanted * (1 + memory_tolerance))
    out.push_back("memory of " + node + ": asked for " +
                  std::to_string(expected.memory.count >> 20) + " MiB, the kernel sees " +
                  std::to_string(seen.memory.count >> 20) + " MiB");
}

}  // namespace

MachineView expected_view(const Topology& topology) {
  MachineView view;
  for (std::uint32_t cpu = 0; cpu < topology.cpu_count(); ++cpu)
    view.cpus.push_back({.cpu = cpu,
                         .threads = topology.cpus_of_core(cpu / topology.threads),
                         .llc = topology.cpus_of_llc(topology.llc_of_cpu(cpu)),
                         .node = topology.node_of_cpu(cpu)});
  for (std::uint32_t node = 0; node < topology.nodes.size(); ++node) {
    NodeView& out = view.nodes.emplace_back();
    out.cpus = topology.cpus_of_node(node);
    out.memory = topology.nodes[node].memory;
    for (std::uint32_t other = 0; other < topology.nodes.size(); ++other)
      out.distances.push_back(topology.distance(node, other));
  }
  return view;
}

std::vector<std::string> differences(const MachineView& expected, const MachineView& seen) {
  std::vector<std::string> out;
  if (expected.cpus.size() != seen.cpus.size())
    return {"asked for " + std::to_string(expected.cpus.size()) + " CPUs, the kernel has " +
            std::to_string(seen.cpus.size()) + " online"};
  for (std::size_t i = 0; i < expected.cpus.size(); ++i) {
    const std::string cpu = " of CPU " + std::to_string(expected.cpus[i].cpu);
    if (expected.cpus[i].cpu != seen.cpus[i].cpu) return {"the numbers of the CPUs differ"};
    compare(out, "thread siblings" + cpu, expected.cpus[i].threads, seen.cpus[i].threads);
    compare(out, "LLC" + cpu, expected.cpus[i].llc, seen.cpus[i].llc);
  }
  if (expected.nodes.size() != seen.nodes.size()) {
    out.push_back("asked for " + std::to_string(expected.nodes.size()) +
                  " NUMA nodes, the kernel has " + std::to_string(seen.nodes.size()));
    return out;
  }
  for (std::size_t i = 0; i < expected.nodes.size(); ++i)
    compare_nodes(out, i, expected.nodes[i], seen.nodes[i]);
  return out;
}

}  // namespace ktstr::topology
