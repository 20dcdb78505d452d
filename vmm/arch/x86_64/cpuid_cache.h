// SPDX-License-Identifier: GPL-2.0-only
// The deterministic cache leaves, Intel's 4 and AMD's 0x8000001D, which share a format: first-level
// data and instructions, second level, third level. Always these four in this order, because
// kernels take the last as the LLC and, on AMD, the fourth as the L3.
#pragma once

#include "vmm/arch/x86_64/apic.h"
#include "vmm/arch/x86_64/cpuid_leaves.h"

namespace ktstr::vmm::x86_64 {

inline constexpr std::uint32_t intel_cache_leaf = 4;
inline constexpr std::uint32_t amd_cache_leaf = 0x8000001d;

/// Replaces `leaf` by caches of the geometry it had, or of an ordinary one where it had none.
void put_caches(CpuidLeaves& leaves, std::uint32_t leaf, const ApicWidths& widths);
/// EDX of AMD's leaf 0x80000006: without it kernels do not look for an L3.
std::uint32_t amd_l3_summary(const CpuidLeaves& leaves);

}  // namespace ktstr::vmm::x86_64
