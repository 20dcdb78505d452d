// SPDX-License-Identifier: GPL-2.0-only
// What a throw-away machine tells about this host's KVM. Uses SIGALRM of the calling thread while a
// function runs. Functions fail with what KVM did instead; after `open`, each may be called alone.
#pragma once

#include <string>

#include "vmm/arch/x86_64/trial_guest.h"
#include "vmm/kvm/kvm.h"

namespace ktstr::vmm::kvm {

class Probe {
 public:
  static Result<Probe> open(const std::string& device = "/dev/kvm");

  /// Kernel-mode instructions per second of CPU time, from those executed within `limit`.
  [[nodiscard]] Result<double> speed(Nanos limit = 30ms) const;
  /// int3 in kernel mode reaches its handler and returns from it.
  [[nodiscard]] Status breakpoint() const;
  /// xrstors, or xrstor where guests have no better; ENOTSUP where they have neither.
  [[nodiscard]] Status extended_state() const;
  /// The local APIC's timer ends hlt.
  [[nodiscard]] Status timer() const;

 private:
  Probe(Ram ram, Vm vm, Vcpu vcpu)
      : ram_(std::move(ram)), vm_(std::move(vm)), vcpu_(std::move(vcpu)) {}
  [[nodiscard]] Status pass(x86_64::Trial trial, std::string_view what) const;

  Ram ram_;  // Outlives the VM that maps it.
  Vm vm_;
  Vcpu vcpu_;
  bool has_xsave_ = false;
  bool has_xsaves_ = false;
};

}  // namespace ktstr::vmm::kvm
