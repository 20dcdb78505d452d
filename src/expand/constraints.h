// SPDX-License-Identifier: GPL-2.0-only
// Whether a machine is one that a scenario makes sense on.
#pragma once

#include <optional>
#include <string>

#include "ir/requirements.h"
#include "topology/topology.h"

namespace ktstr::expand {

/// What the topology lacks, or has too much of; nothing when it will do.
std::optional<std::string> unmet(const ir::TopologyConstraints& constraints,
                                 const topology::Topology& topology);

}  // namespace ktstr::expand
