// SPDX-License-Identifier: GPL-2.0-only
// The state in which vCPUs begin. The first one starts as boot::Entry says, the others wait for the
// kernel's INIT and SIPI. FPU, PAT and the LAPIC's local interrupts keep KVM's reset values, which
// are the architecture's: no PIC and no NMI source hang on them.
#pragma once

#include "vmm/boot/load.h"
#include "vmm/kvm/vcpu.h"

namespace ktstr::vmm::x86_64 {

/// Writes the descriptor table, what a restart by way of the BIOS runs and, for 64-bit code, page
/// tables that map 4 GiB one to one.
Status place_tables(const Ram& ram, boot::Protocol protocol);
enum class ApicMode {
  xapic,   ///< The kernel goes on from there as it likes.
  x2apic,  ///< As a firmware leaves it that has found ids an xAPIC cannot hold.
};

/// LAPIC and MSRs of every vCPU, after its CPUID is set.
Status set_up_vcpu(const kvm::Vcpu& vcpu, ApicMode apic);
/// Registers of the first.
Status set_entry(const kvm::Vcpu& vcpu, const boot::Entry& entry);

}  // namespace ktstr::vmm::x86_64
