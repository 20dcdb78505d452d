// SPDX-License-Identifier: GPL-2.0-only
// A machine as files write it.
#pragma once

#include <variant>

#include "topology/topology.h"

namespace ktstr::ir {

using TopologySpec = std::variant<topology::Shape, topology::Topology>;

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::TopologySpec>{
    "topology_spec", "The machine, in short or node by node.", ktstr::schema::Tagging::by_shape};
