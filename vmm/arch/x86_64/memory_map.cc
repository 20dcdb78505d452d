// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/memory_map.h"

#include "base/check.h"

namespace ktstr::vmm::x86_64 {

std::vector<MapEntry> memory_map(const std::vector<GuestRange>& ram) {
  CHECK(!ram.empty() && ram.front().start.raw == 0 && ram.front().size.count > high_ram_start.raw);
  std::vector<MapEntry> out{
      {GuestPhys(0), {low_ram_end.raw}, MemoryKind::ram},
      {low_ram_end, {high_ram_start.raw - low_ram_end.raw}, MemoryKind::reserved},
      {high_ram_start, {ram.front().size.count - high_ram_start.raw}, MemoryKind::ram}};
  for (std::size_t i = 1; i < ram.size(); ++i) {
    MapEntry& last = out.back();
    // Nodes follow each other without a gap: one line is enough, the SRAT tells them apart.
    if (last.start.raw + last.size.count == ram[i].start.raw)
      last.size = last.size + ram[i].size;
    else
      out.push_back({ram[i].start, ram[i].size, MemoryKind::ram});
  }
  return out;
}

}  // namespace ktstr::vmm::x86_64
