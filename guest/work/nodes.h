// SPDX-License-Identifier: GPL-2.0-only
// The machine's NUMA nodes, as work that moves between them sees them.
#pragma once

#include <cstdint>
#include <vector>

#include "topology/cpuset.h"

namespace ktstr::guest {

/// The nodes that the caller may take memory from, in order; 0 alone where the kernel tells of
/// none.
std::vector<std::uint32_t> memory_nodes();

/// The CPUs of each node that has any, in the order of the nodes.
std::vector<topology::CpuSet> cpus_by_node();

}  // namespace ktstr::guest
