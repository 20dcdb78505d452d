// SPDX-License-Identifier: GPL-2.0-only
// The PPTT: a node per package (an LLC, see apic.h), per core and, where cores have several, per
// thread. Linux on x86 takes all of that from CPUID and does not read it; other readers find the
// same there.
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"

namespace ktstr::vmm::acpi {
namespace {

constexpr std::uint32_t is_package = 1 << 0, has_uid = 1 << 1, is_thread = 1 << 2, is_leaf = 1 << 3;

/// Gives the node's reference. No parent is 0.
std::uint32_t add_node(Table& table, std::uint32_t parent, std::uint32_t flags, std::uint32_t uid) {
  const std::uint32_t at = table.size();
  table.u8(0).u8(20).u16(0).u32(flags).u32(parent).u32(uid).u32(0);
  return at;
}

}  // namespace

Buffer pptt(const topology::Topology& topology) {
  Table table("PPTT", 2);
  std::uint32_t cpu = 0;
  for (std::uint32_t llc = 0; llc < topology.llc_count(); ++llc) {
    const std::uint32_t package = add_node(table, 0, is_package, 0);
    for (std::uint32_t i = 0; i < topology.cores; ++i) {
      if (topology.threads == 1) {
        add_node(table, package, has_uid | is_leaf, cpu++);
        continue;
      }
      const std::uint32_t core = add_node(table, package, 0, 0);
      for (std::uint32_t thread = 0; thread < topology.threads; ++thread)
        add_node(table, core, has_uid | is_thread | is_leaf, cpu++);
    }
  }
  return table.take();
}

}  // namespace ktstr::vmm::acpi
