// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/ram.h"

#include <algorithm>

#include "vmm/performance.h"

namespace ktstr::vmm {

std::vector<RamRegion> ram_layout(const topology::Topology& topology) {
  std::vector<RamRegion> regions;
  std::uint64_t next = 0;
  for (std::uint32_t node = 0; node < topology.nodes.size(); ++node) {
    const std::uint64_t size = topology.nodes[node].memory.count;
    for (std::uint64_t done = 0; done < size;) {
      if (next == ram_gap_start.raw) next = ram_gap_end.raw;
      const std::uint64_t room = next < ram_gap_start.raw ? ram_gap_start.raw - next : size;
      const std::uint64_t piece = std::min(size - done, room);
      regions.push_back({node, {done}, {GuestPhys(next), {piece}}});
      done += piece;
      next += piece;
    }
  }
  return regions;
}

Result<Ram> Ram::create(const std::string& name, const topology::Topology& topology,
                        const std::optional<Performance>& performance) {
  if (!performance || !performance->hugepages)
    return make(name, topology, performance.value_or(Performance{}));
  Result<Ram> huge = make(name, topology, *performance);
  if (huge) return huge;
  Performance ordinary = *performance;
  ordinary.hugepages = false;
  Ram ram = TRY(make(name, topology, ordinary));
  ram.notes_.push_back("no huge pages: " + describe(huge.error()));
  return ram;
}

Result<Ram> Ram::make(const std::string& name, const topology::Topology& topology,
                      const Performance& performance) {
  Ram ram;
  ram.has_hugepages_ = performance.hugepages;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    const std::string node = name + "-node" + std::to_string(i);
    const Bytes size = topology.nodes[i].memory;
    ram.nodes_.push_back(
        TRY(performance.hugepages ? create_huge_memfd(node, size) : create_memfd(node, size)));
  }
  for (const RamRegion& region : ram_layout(topology)) {
    Mapping mapping = TRY(Mapping::of(ram.nodes_[region.node], region.range.size,
                                      Mapping::Access::write, region.offset));
    if (region.node < performance.node_bindings.size() &&
        !performance.node_bindings[region.node].empty())
      TRY(bind_memory(mapping.bytes(), performance.node_bindings[region.node]));
    TRY(ram.memory_.add(region.range.start, std::move(mapping)));
  }
  // The pool may be emptied by others at any time; a page that is missing later would be a SIGBUS.
  for (std::size_t i = 0; performance.hugepages && i < topology.nodes.size(); ++i)
    TRY(fill(ram.nodes_[i], topology.nodes[i].memory));
  return ram;
}

Result<VcpuRegisters> Ram::registers(GuestCpu cpu) const {
  return fail("read the registers of vCPU " + std::to_string(cpu.raw),
              "the emulator does not give access to them");
}

}  // namespace ktstr::vmm
