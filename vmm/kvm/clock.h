// SPDX-License-Identifier: GPL-2.0-only
// A guest's time across a pause: it goes on where it stood, by kvmclock and by the time stamp
// counters alike, so that no watchdog in the guest sees a jump. Where KVM does not let the counters
// be moved (before Linux 5.16, or where KVM is not Linux's), guests are told of the pause and must
// cope.
#pragma once

#include <optional>
#include <span>

#include "vmm/kvm/vm.h"

namespace ktstr::vmm::kvm {

class PauseClock {
 public:
  /// All vCPUs stand. A second `stop` before `go` changes nothing.
  Status stop(const Vm& vm, const Vcpu& first);
  /// All vCPUs still stand.
  Status go(const Vm& vm, std::span<const Vcpu* const> vcpus);

 private:
  struct Moment {
    std::uint64_t clock;
    std::uint64_t counter;
  };
  std::optional<Moment> stopped_;
};

}  // namespace ktstr::vmm::kvm
