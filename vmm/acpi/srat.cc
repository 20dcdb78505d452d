// SPDX-License-Identifier: GPL-2.0-only
// The SRAT and the SLIT. A proximity domain is the number of a node. Linux numbers nodes in the
// order in which it meets their domains, all processors before all memory, so a memory-only node
// that stands before one with processors would change places with it. Such a node gets an entry
// for a processor that does not exist: the SRAT may name more than the MADT has, and nothing but
// the number follows from it.
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"
#include "vmm/arch/x86_64/apic.h"

namespace ktstr::vmm::acpi {
namespace {

enum Type : std::uint8_t { local_apic = 0, memory = 1, local_x2apic = 2 };

constexpr std::uint32_t enabled = 1;

void add_processor(Table& table, std::uint32_t id, std::uint32_t node) {
  if (id < x86_64::first_x2apic_id)
    table.u8(local_apic)
        .u8(16)
        .u8(static_cast<std::uint8_t>(node))
        .u8(static_cast<std::uint8_t>(id))
        .u32(enabled)
        .u32(node >> 8 << 8)  // The other three bytes of the node, after an unused one.
        .u32(0);
  else
    table.u8(local_x2apic).u8(24).u16(0).u32(node).u32(id).u32(enabled).u32(0).u32(0);
}

void add_memory(Table& table, const RamRegion& region) {
  table.u8(memory).u8(40).u32(region.node).u16(0);
  table.u64(region.range.start.raw).u64(region.range.size.count);
  table.u32(0).u32(enabled).u64(0);
}

}  // namespace

Buffer srat(const AcpiInput& input) {
  const topology::Topology& topology = input.topology;
  const std::vector<std::uint32_t> ids = x86_64::apic_ids(topology);
  std::uint32_t unused_id = ids.back() + 1;
  std::uint32_t cpu = 0;
  Table table("SRAT", 3);
  table.u32(1).u64(0);
  for (std::uint32_t node = 0; node < topology.nodes.size(); ++node) {
    const std::uint32_t cpus = topology.nodes[node].llcs * topology.cpus_per_llc();
    if (cpus == 0 && cpu < ids.size()) add_processor(table, unused_id++, node);
    for (const std::uint32_t end = cpu + cpus; cpu < end; ++cpu)
      add_processor(table, ids[cpu], node);
  }
  for (const RamRegion& region : input.ram) add_memory(table, region);
  return table.take();
}

Buffer slit(const topology::Topology& topology) {
  const auto nodes = static_cast<std::uint32_t>(topology.nodes.size());
  Table table("SLIT", 1);
  table.u64(nodes);
  for (std::uint32_t from = 0; from < nodes; ++from)
    for (std::uint32_t to = 0; to < nodes; ++to)
      table.u8(static_cast<std::uint8_t>(topology.distance(from, to)));
  return table.take();
}

}  // namespace ktstr::vmm::acpi
