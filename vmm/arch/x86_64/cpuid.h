// SPDX-License-Identifier: GPL-2.0-only
// What CPUID tells each vCPU: what the host can run, with the topology of ours. An LLC is a package
// (see apic.h) and an L3; L1 and L2 belong to a core. Cache geometry is the host's where it has it.
// Intel: leaves 1, 4, 0xB, 0x1F; AMD: 1, 0xB, 0x80000001, 0x80000008, 0x8000001D, 0x8000001E; both
// always, whether the host has them or not. Not here: which leaves KVM offers, and handing them in.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"
#include "topology/topology.h"

namespace ktstr::vmm::x86_64 {

struct CpuidLeaf {
  std::uint32_t leaf = 0;
  std::uint32_t subleaf = 0;
  bool indexed = false;  ///< Whether the answer depends on the subleaf.
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;

  bool operator==(const CpuidLeaf&) const = default;
};

struct CpuidOptions {
  bool realtime = false;     ///< Hints that vCPUs are never preempted (KVM_HINTS_REALTIME).
  bool tsc_deadline = true;  ///< KVM_CAP_TSC_DEADLINE_TIMER; the supported leaves may not say so.
  bool pmu = false;          ///< Performance counters, which guests spend boot time probing.
  /// KVM_FEATURE_MSI_EXT_DEST_ID: the monitor takes bits 8..14 of an APIC id from bits 5..11 of an
  /// MSI's address (bits 49..55 of an IOAPIC redirection entry). Without it the guest's kernel
  /// leaves CPUs with ids above 255 offline.
  bool wide_msi_destination = false;
};

/// Whether the machine we run on is itself one that QEMU emulates.
bool host_is_emulated();

/// The leaves of one vCPU, sorted by leaf and subleaf. `supported` is what KVM_GET_SUPPORTED_CPUID
/// said; its KVM signature leaves are kept, and added without features where it has none.
std::vector<CpuidLeaf> cpuid_for(std::span<const CpuidLeaf> supported,
                                 const topology::Topology& topology, GuestCpu cpu,
                                 const CpuidOptions& options);

}  // namespace ktstr::vmm::x86_64
