// SPDX-License-Identifier: GPL-2.0-only
#include "plan/node_match.h"

#include <algorithm>
#include <numeric>

namespace ktstr::plan {
namespace {

/// The largest need first; each takes the smallest room that suffices. With `distinct`, a room
/// serves once: this order then finds a match whenever there is one. Otherwise it is a first fit.
std::optional<NodeMatch> whole_nodes(const std::vector<std::uint32_t>& needs,
                                     std::vector<NodeRoom> rooms, bool distinct) {
  std::vector<std::size_t> order(needs.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return needs[i]; });
  NodeMatch out{.nodes = std::vector<std::vector<std::uint32_t>>(needs.size()), .note = {}};
  for (const std::size_t i : order) {
    if (needs[i] == 0) continue;
    std::ranges::stable_sort(rooms, {}, &NodeRoom::llcs);
    const auto room =
        std::ranges::find_if(rooms, [&](const NodeRoom& each) { return each.llcs >= needs[i]; });
    if (room == rooms.end()) return std::nullopt;
    out.nodes[i].assign(needs[i], room->node);
    room->llcs = distinct ? 0 : room->llcs - needs[i];
  }
  return out;
}

}  // namespace

std::optional<NodeMatch> match_nodes(const std::vector<std::uint32_t>& needs,
                                     std::vector<NodeRoom> rooms) {
  if (std::optional<NodeMatch> out = whole_nodes(needs, rooms, true)) return out;
  if (std::optional<NodeMatch> out = whole_nodes(needs, rooms, false)) {
    out->note = "nodes share a node of the host: their distances are not real";
    return out;
  }
  NodeMatch out{
      .nodes = {},
      .note = "a node spreads over several nodes of the host: its distances are not real"};
  for (const std::uint32_t need : needs) {
    std::vector<std::uint32_t>& nodes = out.nodes.emplace_back();
    while (nodes.size() < need) {
      const auto room =
          std::ranges::find_if(rooms, [](const NodeRoom& each) { return each.llcs > 0; });
      if (room == rooms.end()) return std::nullopt;
      nodes.push_back(room->node);
      --room->llcs;
    }
  }
  return out;
}

}  // namespace ktstr::plan
