// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/clock.h"

namespace ktstr::vmm::kvm {
namespace {

constexpr std::uint32_t msr_time_stamp_counter = 0x10;

}  // namespace

Status PauseClock::stop(const Vm& vm, const Vcpu& first) {
  if (stopped_) return {};
  stopped_ = Moment{TRY(vm.clock()), TRY(first.msr(msr_time_stamp_counter))};
  return {};
}

Status PauseClock::go(const Vm& vm, std::span<const Vcpu* const> vcpus) {
  if (!stopped_) return {};
  const Moment stopped = *std::exchange(stopped_, std::nullopt);
  // A guest that has not set up its kvmclock yet has no watchdogs either.
  for (const Vcpu* vcpu : vcpus) static_cast<void>(vcpu->announce_pause());
  // One distance for all, so that the counters stay in step.
  const std::uint64_t passed = TRY(vcpus.front()->msr(msr_time_stamp_counter)) - stopped.counter;
  for (const Vcpu* vcpu : vcpus) {
    const Result<std::uint64_t> offset = vcpu->tsc_offset();
    if (!offset) return {};  // A clock that stood beside a counter that ran would be worse.
    TRY(vcpu->set_tsc_offset(*offset - passed));
    // Some that emulate KVM take it and do nothing.
    if (vcpu->tsc_offset() != *offset - passed) return {};
  }
  return vm.set_clock(stopped.clock);
}

}  // namespace ktstr::vmm::kvm
