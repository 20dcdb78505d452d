// SPDX-License-Identifier: GPL-2.0-only
#include "expand/constraints.h"

namespace ktstr::expand {

std::optional<std::string> unmet(const ir::TopologyConstraints& constraints,
                                 const topology::Topology& topology) {
  const auto outside = [&](std::uint32_t value, std::optional<std::uint32_t> least,
                           std::optional<std::uint32_t> most,
                           const char* what) -> std::optional<std::string> {
    const bool few = least && value < *least;
    if (!few && !(most && value > *most)) return std::nullopt;
    return "it needs " + std::string(few ? "at least " : "at most ") +
           std::to_string(few ? *least : *most) + " " + what + ", and " + to_text(topology) +
           " has " + std::to_string(value);
  };
  const auto nodes = static_cast<std::uint32_t>(topology.nodes.size());
  if (auto reason = outside(nodes, constraints.min_nodes, constraints.max_nodes, "NUMA nodes"))
    return reason;
  if (auto reason =
          outside(topology.llc_count(), constraints.min_llcs, constraints.max_llcs, "LLCs"))
    return reason;
  if (auto reason =
          outside(topology.cpu_count(), constraints.min_cpus, constraints.max_cpus, "CPUs"))
    return reason;
  if (constraints.requires_smt && topology.threads < 2)
    return "it needs several threads per core, and " + to_text(topology) + " has one";
  return std::nullopt;
}

}  // namespace ktstr::expand
