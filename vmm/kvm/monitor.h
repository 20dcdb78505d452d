// SPDX-License-Identifier: GPL-2.0-only
// The Monitor that runs machines on this host's KVM.
#pragma once

#include "vmm/machine.h"

namespace ktstr::vmm::kvm {

/// Fails when KVM cannot be opened or lacks something, saying what and what to do. That it opens
/// does not mean that it works: some nested hypervisors only emulate a guest's kernel.
Result<std::unique_ptr<Monitor>> open_monitor(const std::string& device = "/dev/kvm");

}  // namespace ktstr::vmm::kvm
