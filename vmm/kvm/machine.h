// SPDX-License-Identifier: GPL-2.0-only
// A Machine on KVM, in this process: a thread per vCPU and one per device.
#pragma once

#include <memory>

#include "vmm/kvm/kvm.h"
#include "vmm/machine.h"

namespace ktstr::vmm::kvm {

/// The configuration has no `obstacle`.
Result<std::unique_ptr<Machine>> create_machine(const MachineConfig& config, const Kvm& kvm);

}  // namespace ktstr::vmm::kvm
