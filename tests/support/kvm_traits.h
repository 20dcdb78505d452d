// SPDX-License-Identifier: GPL-2.0-only
// What a host's KVM may lack, for tests that skip.
#pragma once

#include <string>

#include "vmm/kvm/vcpu.h"

namespace ktstr::tiny {

/// Why the time stamp counter of a guest cannot be moved here; empty when it can.
inline std::string why_counters_stay(const vmm::kvm::Vcpu& vcpu) {
  const Result<std::uint64_t> offset = vcpu.tsc_offset();
  if (!offset) return describe(offset.error());
  const std::uint64_t wanted = *offset - 1'000'000;
  if (const Status set = vcpu.set_tsc_offset(wanted); !set) return describe(set.error());
  if (vcpu.tsc_offset().value() != wanted) return "this KVM ignores KVM_VCPU_TSC_OFFSET";
  return {};
}

}  // namespace ktstr::tiny
