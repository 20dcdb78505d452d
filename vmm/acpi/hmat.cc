// SPDX-License-Identifier: GPL-2.0-only
// The HMAT, revision 2. A node's own figures hold for the processors nearest to it, which for a
// node with processors are its own; for others they grow, or shrink, with the SLIT distance. What
// the topology leaves open is that of ordinary DRAM or, on a memory-only node, of CXL memory.
#include <algorithm>
#include <cmath>
#include <functional>

#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"

namespace ktstr::vmm::acpi {
namespace {

using topology::Node;
using topology::Topology;

enum Type : std::uint16_t { attributes = 0, locality = 1, side_cache = 2 };
enum DataType : std::uint8_t { access_latency = 0, access_bandwidth = 3 };

constexpr std::uint64_t dram_latency = 100, cxl_latency = 300;            // ns
constexpr std::uint64_t dram_bandwidth = 51'200, cxl_bandwidth = 20'480;  // MB/s
constexpr std::uint64_t most_units = 65'534;  // 65,535 says that there is no way.

std::vector<std::uint32_t> nodes_where(const Topology& topology,
                                       const std::function<bool(const Node&)>& holds) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < topology.nodes.size(); ++i)
    if (holds(topology.nodes[i])) out.push_back(i);
  return out;
}
std::vector<std::uint32_t> initiators_of(const Topology& topology) {
  return nodes_where(topology, [](const Node& node) { return node.llcs > 0; });
}
std::vector<std::uint32_t> targets_of(const Topology& topology) {
  return nodes_where(topology, [](const Node& node) { return node.memory.count > 0; });
}

std::uint32_t nearest_initiator(const Topology& topology, std::uint32_t target) {
  const std::vector<std::uint32_t> initiators = initiators_of(topology);
  return *std::ranges::min_element(
      initiators, {}, [&](std::uint32_t from) { return topology.distance(from, target); });
}

/// How much farther `target` is from `initiator` than from the nearest one; at least 1.
double remoteness(const Topology& topology, std::uint32_t initiator, std::uint32_t target) {
  const std::uint32_t nearest = nearest_initiator(topology, target);
  return static_cast<double>(topology.distance(initiator, target)) /
         topology.distance(nearest, target);
}

double latency_ns(const Topology& topology, std::uint32_t from, std::uint32_t to) {
  const Node& node = topology.nodes[to];
  const Nanos usual(node.llcs > 0 ? dram_latency : cxl_latency);
  return static_cast<double>(node.latency.value_or(usual).count()) * remoteness(topology, from, to);
}

double bandwidth_mb(const Topology& topology, std::uint32_t from, std::uint32_t to) {
  const Node& node = topology.nodes[to];
  const Bytes usual = Bytes{1'000'000} * (node.llcs > 0 ? dram_bandwidth : cxl_bandwidth);
  return static_cast<double>(node.bandwidth.value_or(usual).count) / 1e6 /
         remoteness(topology, from, to);
}

void add_attributes(Table& table, const Topology& topology, std::uint32_t target) {
  constexpr std::uint16_t initiator_valid = 1;
  table.u16(attributes).u16(0).u32(40).u16(initiator_valid).u16(0);
  table.u32(nearest_initiator(topology, target)).u32(target).zeros(20);
}

/// `unit_scale`: how many of the table's base units (ps, MB/s) make one unit of `value`.
void add_locality(Table& table, const Topology& topology, DataType type, std::uint64_t unit_scale,
                  double (*value)(const Topology&, std::uint32_t, std::uint32_t)) {
  const std::vector<std::uint32_t> initiators = initiators_of(topology);
  const std::vector<std::uint32_t> targets = targets_of(topology);
  std::vector<double> values;
  for (const std::uint32_t from : initiators)
    for (const std::uint32_t to : targets) values.push_back(value(topology, from, to));
  // Entries have 16 bits: the unit grows until the largest fits.
  const auto unit = static_cast<std::uint64_t>(
      std::max(1.0, std::ceil(std::ranges::max(values) / static_cast<double>(most_units))));
  const auto count = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
  table.u16(locality).u16(0);
  table.u32(32 + 4 * (count(initiators) + count(targets)) + 2 * count(values));
  table.u8(0).u8(type).u8(0).u8(0);  // Of memory, whatever the size of a transfer.
  table.u32(count(initiators)).u32(count(targets)).u32(0).u64(unit * unit_scale);
  for (const std::uint32_t node : initiators) table.u32(node);
  for (const std::uint32_t node : targets) table.u32(node);
  for (const double each : values)
    table.u16(static_cast<std::uint16_t>(
        std::max(1.0, std::round(each / static_cast<double>(unit)))));  // 0 says nothing.
}

void add_cache(Table& table, std::uint32_t node, const topology::MemorySideCache& cache) {
  constexpr std::uint32_t one_level = 1, first_level = 1 << 4, write_back = 1 << 12;
  const std::uint32_t associativity = std::min(cache.associativity, 2U);  // None, direct, complex.
  table.u16(side_cache).u16(0).u32(32).u32(node).u32(0).u64(cache.size.count);
  table.u32(one_level | first_level | associativity << 8 | write_back | cache.line_size << 16);
  table.u16(0).u16(0);
}

}  // namespace

bool wants_hmat(const Topology& topology) {
  return std::ranges::any_of(topology.nodes, [](const Node& node) {
    return node.latency || node.bandwidth || node.cache;
  });
}

Buffer hmat(const Topology& topology) {
  Table table("HMAT", 2);
  table.u32(0);
  const std::vector<std::uint32_t> targets = targets_of(topology);
  for (const std::uint32_t target : targets) add_attributes(table, topology, target);
  if (!targets.empty()) {
    add_locality(table, topology, access_latency, 1000, latency_ns);
    add_locality(table, topology, access_bandwidth, 1, bandwidth_mb);
  }
  for (const std::uint32_t target : targets)
    if (const auto& cache = topology.nodes[target].cache) add_cache(table, target, *cache);
  return table.take();
}

}  // namespace ktstr::vmm::acpi
