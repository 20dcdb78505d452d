// SPDX-License-Identifier: GPL-2.0-only
// A few instructions of 64-bit kernel-mode code that try what a Linux kernel cannot do without.
// Each trial starts at its own address and ends by writing its number to `trial_port`.
#pragma once

#include <cstdint>

#include "vmm/kvm/vcpu.h"
#include "vmm/ram.h"

namespace ktstr::vmm::x86_64 {

enum class Trial : std::uint8_t {
  speed = 1,
  breakpoint,
  compacted_state,  ///< xrstors, which kernels prefer.
  standard_state,   ///< xrstor, for processors without the other.
  timer
};

inline constexpr std::uint16_t trial_port = 0xf4;
/// What the speed trial executes.
inline constexpr std::uint64_t trial_instructions = 200'000;
inline constexpr Bytes trial_memory = 2_MiB;

/// Writes all trials and what they need into the RAM.
Status place_trials(const Ram& ram);
/// Sets a vCPU before a trial's first instruction. `has_xsave`: whether the guest may use XSAVE.
Status set_trial(const kvm::Vcpu& vcpu, Trial trial, bool has_xsave);
/// How many instructions of the speed trial a vCPU has executed when it stands there.
std::uint64_t executed(const kvm_regs& registers);

}  // namespace ktstr::vmm::x86_64
