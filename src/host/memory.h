// SPDX-License-Identifier: GPL-2.0-only
// The host's NUMA nodes and their memory, from /sys/devices/system/node.
#pragma once

#include <string>
#include <vector>

#include "ir/host_facts.h"

namespace ktstr::host {

/// Kernels without NUMA have one node with all of `online`.
std::vector<ir::HostNode> read_nodes(const std::string& root, const topology::CpuSet& online);

}  // namespace ktstr::host
