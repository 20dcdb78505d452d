// SPDX-License-Identifier: GPL-2.0-only
// How the host's CPUs share cores and caches, from /sys/devices/system/cpu.
#pragma once

#include <string>
#include <vector>

#include "ir/host_facts.h"

namespace ktstr::host {

/// All of `online`, in groups that share their last level of cache. Where the kernel does not show
/// caches, the CPUs of a package share one; where it does not show cores, each CPU is one.
std::vector<ir::HostLlc> read_llcs(const std::string& root, const topology::CpuSet& online,
                                   const std::vector<ir::HostNode>& nodes);

}  // namespace ktstr::host
