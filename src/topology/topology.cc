// SPDX-License-Identifier: GPL-2.0-only
#include "topology/topology.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/check.h"

namespace ktstr::topology {
namespace {

constexpr std::uint32_t most_nodes = 64;
constexpr std::uint32_t most_cpus = 4096;
constexpr std::uint32_t local_distance = 10;
constexpr std::uint32_t remote_distance = 20;
constexpr Bytes memory_step = 128_MiB;

/// Takes `<number><letter>` off the front.
std::optional<std::uint32_t> take(std::string_view& text, char letter) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || value >= 10'000 || used >= text.size() || text[used] != letter)
    return std::nullopt;
  text.remove_prefix(used + 1);
  return value;
}

std::optional<std::string> distance_flaw(const Topology& topology) {
  const auto& rows = topology.distances;
  if (rows.empty()) return std::nullopt;
  const std::size_t nodes = topology.nodes.size();
  if (rows.size() != nodes ||
      std::ranges::any_of(rows, [&](const auto& row) { return row.size() != nodes; }))
    return "distances must have one row and one column per node";
  for (std::size_t i = 0; i < nodes; ++i)
    for (std::size_t j = 0; j < nodes; ++j) {
      if (i == j && rows[i][j] != local_distance) return "the distance of a node to itself is 10";
      if (i != j && (rows[i][j] <= local_distance || rows[i][j] > 254))
        return "distances between nodes lie between 11 and 254";
      if (rows[i][j] != rows[j][i]) return "distances must be symmetric";
    }
  return std::nullopt;
}

}  // namespace

std::optional<Shape> Shape::parse(std::string_view text) {
  const std::optional<std::uint32_t> nodes = take(text, 'n');
  if (!nodes) return std::nullopt;
  const std::optional<std::uint32_t> llcs = take(text, 'l');
  if (!llcs) return std::nullopt;
  const std::optional<std::uint32_t> cores = take(text, 'c');
  if (!cores) return std::nullopt;
  const std::optional<std::uint32_t> threads = take(text, 't');
  if (!threads || !text.empty()) return std::nullopt;
  return Shape{*nodes, *llcs, *cores, *threads};
}

std::string to_text(const Shape& shape) {
  return std::to_string(shape.nodes) + "n" + std::to_string(shape.llcs) + "l" +
         std::to_string(shape.cores) + "c" + std::to_string(shape.threads) + "t";
}

std::uint32_t Topology::llc_count() const {
  return std::accumulate(nodes.begin(), nodes.end(), 0U,
                         [](std::uint32_t sum, const Node& node) { return sum + node.llcs; });
}

std::uint32_t Topology::cpu_node_count() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(nodes, [](const Node& node) { return node.llcs > 0; }));
}

Bytes Topology::memory() const {
  return std::accumulate(nodes.begin(), nodes.end(), Bytes{},
                         [](Bytes sum, const Node& node) { return sum + node.memory; });
}

CpuSet Topology::usable_cpus() const {
  const std::uint32_t cpus = cpu_count();
  return CpuSet::range(0, cpus > 2 ? cpus - 1 : cpus);
}

CpuSet Topology::cpus_of_llc(std::uint32_t llc) const {
  CHECK(llc < llc_count());
  return CpuSet::range(llc * cpus_per_llc(), (llc + 1) * cpus_per_llc());
}

CpuSet Topology::cpus_of_core(std::uint32_t core) const {
  CHECK(core < core_count());
  return CpuSet::range(core * threads, (core + 1) * threads);
}

CpuSet Topology::cpus_of_node(std::uint32_t node) const {
  CHECK(node < nodes.size());
  std::uint32_t first = 0;
  for (std::uint32_t i = 0; i < node; ++i) first += nodes[i].llcs;
  return CpuSet::range(first * cpus_per_llc(), (first + nodes[node].llcs) * cpus_per_llc());
}

std::uint32_t Topology::node_of_llc(std::uint32_t llc) const {
  std::uint32_t end = 0;
  for (std::uint32_t node = 0; node < nodes.size(); ++node) {
    end += nodes[node].llcs;
    if (llc < end) return node;
  }
  CHECK(llc < end);
  return 0;
}

std::uint32_t Topology::distance(std::uint32_t from, std::uint32_t to) const {
  if (!distances.empty()) return distances[from][to];
  return from == to ? local_distance : remote_distance;
}

Result<Topology> expand(const Shape& shape) {
  if (shape.nodes == 0 || shape.llcs == 0 || shape.cores == 0 || shape.threads == 0)
    return fail("topology " + to_text(shape) + ": every number must be at least 1");
  if (shape.llcs % shape.nodes != 0)
    return fail("topology " + to_text(shape) + ": " + std::to_string(shape.llcs) +
                    " LLCs cannot be divided evenly among " + std::to_string(shape.nodes) +
                    " nodes",
                "list the nodes to give them different numbers of LLCs");
  Topology topology;
  topology.nodes.assign(std::min(shape.nodes, most_nodes + 1),
                        Node{.llcs = shape.llcs / shape.nodes});
  topology.cores = shape.cores;
  topology.threads = shape.threads;
  if (const std::optional<std::string> wrong = flaw(topology))
    return fail("topology " + to_text(shape) + ": " + *wrong);
  return topology;
}

std::optional<Shape> to_shape(const Topology& topology) {
  if (!topology.distances.empty()) return std::nullopt;
  const Node plain{.llcs = topology.nodes.empty() ? 0 : topology.nodes.front().llcs};
  if (plain.llcs == 0 ||
      std::ranges::any_of(topology.nodes, [&](const Node& node) { return node != plain; }))
    return std::nullopt;
  return Shape{static_cast<std::uint32_t>(topology.nodes.size()), topology.llc_count(),
               topology.cores, topology.threads};
}

std::string to_text(const Topology& topology) {
  std::string llcs;
  for (const Node& node : topology.nodes)
    llcs += (llcs.empty() ? "" : "+") + std::to_string(node.llcs);
  const bool equal = std::ranges::all_of(
      topology.nodes, [&](const Node& node) { return node.llcs == topology.nodes.front().llcs; });
  return std::to_string(topology.nodes.size()) + "n" +
         (equal ? std::to_string(topology.llc_count()) : "[" + llcs + "]") + "l" +
         std::to_string(topology.cores) + "c" + std::to_string(topology.threads) + "t";
}

std::optional<std::string> flaw(const Topology& topology) {
  if (topology.nodes.empty()) return "it has no nodes";
  if (topology.nodes.size() > most_nodes) return "it has more than 64 nodes";
  std::uint64_t llcs = 0;
  for (const Node& node : topology.nodes) llcs += node.llcs;
  if (llcs == 0) return "none of its nodes has CPUs";
  if (topology.nodes.front().llcs == 0) return "its first node has no CPUs to boot on";
  const std::uint64_t cpus = llcs * topology.cores * topology.threads;
  if (topology.cores == 0 || topology.threads == 0) return "cores and threads must be at least 1";
  if (cpus > most_cpus) return "it has more than 4096 CPUs";
  return distance_flaw(topology);
}

Topology with_memory(Topology topology, std::optional<Bytes> total) {
  const auto open =
      static_cast<std::uint64_t>(std::ranges::count(topology.nodes, Bytes{}, &Node::memory));
  if (open == 0) return topology;
  const Bytes least =
      std::max({1_GiB, 64_MiB * topology.cpu_count(), 256_MiB * topology.nodes.size()});
  const Bytes wanted = total.value_or(least);
  const Bytes given = topology.memory();
  const std::uint64_t left = wanted.count - std::min(wanted.count, given.count);
  const std::uint64_t steps = std::max<std::uint64_t>(1, left / open / memory_step.count);
  for (Node& node : topology.nodes)
    if (node.memory == Bytes{}) node.memory = memory_step * steps;
  return topology;
}

}  // namespace ktstr::topology

namespace ktstr::schema {

void Scalar<topology::Shape>::decode(topology::Shape& shape, Decoder& in) {
  if (const std::optional<topology::Shape> parsed = topology::Shape::parse(in.text()))
    shape = *parsed;
  else
    in.reject("a topology shape is malformed");
}

}  // namespace ktstr::schema
