// SPDX-License-Identifier: GPL-2.0-only
// The KVM of this host (Documentation/virt/kvm/api.rst of the kernel): /dev/kvm, opened and found
// to have what the monitor is built on.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "vmm/arch/x86_64/cpuid.h"
#include "vmm/kvm/vm.h"

namespace ktstr::vmm::kvm {

class Kvm {
 public:
  /// Fails when it cannot be opened or lacks something, saying what and what to do.
  static Result<Kvm> open(const std::string& path = "/dev/kvm");

  /// The value of a capability (KVM_CAP_…), 0 when it is not there.
  [[nodiscard]] int capability(long number) const;
  [[nodiscard]] std::uint32_t most_vcpus() const;
  [[nodiscard]] std::uint32_t most_vcpu_ids() const;
  [[nodiscard]] Result<std::vector<x86_64::CpuidLeaf>> supported_cpuid() const;
  /// Whether guests may execute HLT and PAUSE without an exit.
  [[nodiscard]] bool can_keep_running() const;
  [[nodiscard]] Result<Vm> create_vm() const;

 private:
  Kvm(Fd device, Bytes run_size) : device_(std::move(device)), run_size_(run_size) {}

  Fd device_;
  Bytes run_size_;  // Of what a vCPU shares with us.
};

}  // namespace ktstr::vmm::kvm
