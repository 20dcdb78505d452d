// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/apic.h"

#include <bit>

#include "base/check.h"

namespace ktstr::vmm::x86_64 {
namespace {

std::uint32_t width(std::uint32_t count) {
  return static_cast<std::uint32_t>(std::bit_width(count - 1));
}

}  // namespace

ApicWidths apic_widths(const topology::Topology& topology) {
  CHECK(topology.cpu_count() > 0);
  return {width(topology.threads), width(topology.cores), width(topology.llc_count())};
}

std::uint32_t apic_id(const topology::Topology& topology, GuestCpu cpu) {
  CHECK(cpu.raw < topology.cpu_count());
  const ApicWidths widths = apic_widths(topology);
  const std::uint32_t thread = cpu.raw % topology.threads;
  const std::uint32_t core = cpu.raw / topology.threads % topology.cores;
  return topology.llc_of_cpu(cpu.raw) << widths.package_shift() | core << widths.thread | thread;
}

std::vector<std::uint32_t> apic_ids(const topology::Topology& topology) {
  std::vector<std::uint32_t> out(topology.cpu_count());
  for (std::uint32_t cpu = 0; cpu < out.size(); ++cpu) out[cpu] = apic_id(topology, GuestCpu(cpu));
  return out;
}

bool needs_x2apic(const topology::Topology& topology) {
  // The SRAT uses up to one more id for each memory-only node.
  const auto memory_only =
      static_cast<std::uint32_t>(topology.nodes.size()) - topology.cpu_node_count();
  return apic_id(topology, GuestCpu(topology.cpu_count() - 1)) + memory_only >= first_x2apic_id;
}

}  // namespace ktstr::vmm::x86_64
