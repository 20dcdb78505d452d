// SPDX-License-Identifier: GPL-2.0-only
// KVM's binary statistics (Documentation/virt/kvm/api.rst of the kernel, KVM_GET_STATS_FD).
#pragma once

#include <vector>

#include "base/fd.h"
#include "vmm/machine.h"

namespace ktstr::vmm::kvm {

/// Every statistic that is one number, in KVM's order; histograms are left out.
Result<std::vector<Statistic>> read_statistics(const Fd& fd);

}  // namespace ktstr::vmm::kvm
