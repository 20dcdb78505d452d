// SPDX-License-Identifier: GPL-2.0-only
// The topology presets of the gauntlet.
#pragma once

#include <span>
#include <string_view>

#include "ir/gauntlet.h"
#include "topology/topology.h"

namespace ktstr::expand {

struct Preset {
  std::string_view name;
  topology::Shape shape;
  Bytes memory;  ///< At least so much.
};

std::span<const Preset> presets();
/// Whether what a gauntlet says of topologies allows the preset.
bool allows(const ir::TopologyConstraints& constraints, const topology::Shape& shape);

}  // namespace ktstr::expand
