// SPDX-License-Identifier: GPL-2.0-only
// APIC ids: bit fields of thread, core and package, each as wide as its count needs, so counts that
// are no power of two leave holes. A package is an LLC, as on QEMU's command line: packages are
// numbered densely, so nodes of unequal shape waste no ids (a node field would, beyond what the
// kernel's tables of APIC ids hold), and whichever way a kernel finds an LLC – by the sharing count
// of its cache leaf or, on old AMD families, by the package – it finds the same. Nodes are told by
// the SRAT alone; memory-only nodes have no ids.
#pragma once

#include <vector>

#include "base/units.h"
#include "schema/record.h"
#include "topology/topology.h"

namespace ktstr::vmm::x86_64 {

/// Bits of each field, the thread's being the lowest.
struct ApicWidths {
  std::uint32_t thread = 0;
  std::uint32_t core = 0;
  std::uint32_t package = 0;

  /// How far to shift an id right for the number of the LLC.
  [[nodiscard]] constexpr std::uint32_t package_shift() const { return thread + core; }

  bool operator==(const ApicWidths&) const = default;
  static constexpr auto schema = schema::record(
      "apic_widths", "The bit fields of an APIC id, lowest first.",
      schema::Field{"thread", &ApicWidths::thread, "Bits of the thread within its core."},
      schema::Field{"core", &ApicWidths::core, "Bits of the core within its package."},
      schema::Field{"package", &ApicWidths::package, "Bits of the package, which is an LLC."});
};

/// Ids from here on need x2APIC: 255 is the broadcast address of an xAPIC.
inline constexpr std::uint32_t first_x2apic_id = 255;

ApicWidths apic_widths(const topology::Topology& topology);
/// Of one vCPU.
std::uint32_t apic_id(const topology::Topology& topology, GuestCpu cpu);
/// Of every vCPU, by number: ascending, the first is 0. The last is the highest.
std::vector<std::uint32_t> apic_ids(const topology::Topology& topology);
/// Whether the tables use ids that need x2APIC. Linux believes them only when it is started with
/// x2APIC mode on (bits 10 and 11 of the boot CPU's IA32_APIC_BASE), and leaves CPUs with ids above
/// 255 offline without CpuidOptions::wide_msi_destination.
bool needs_x2apic(const topology::Topology& topology);

}  // namespace ktstr::vmm::x86_64
