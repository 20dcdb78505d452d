// SPDX-License-Identifier: GPL-2.0-only
// Which nodes of the host virtual nodes get their LLCs from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ktstr::plan {

/// A node of the host and how many LLCs it offers.
struct NodeRoom {
  std::uint32_t node = 0;
  std::uint32_t llcs = 0;
};

struct NodeMatch {
  std::vector<std::vector<std::uint32_t>> nodes;  ///< Per virtual node, the host node of each LLC.
  std::string note;                               ///< What is not as asked; may be empty.
};

/// `needs`: the LLCs of each virtual node. A host node each if possible, else several virtual nodes
/// on one, else virtual nodes over several; nullopt when there are too few LLCs.
std::optional<NodeMatch> match_nodes(const std::vector<std::uint32_t>& needs,
                                     std::vector<NodeRoom> rooms);

}  // namespace ktstr::plan
