// SPDX-License-Identifier: GPL-2.0-only
// The monitor that emulates: QEMU under TCG.
#pragma once

#include <memory>
#include <string>

#include "vmm/machine.h"

namespace ktstr::vmm::qemu {

/// Fails when `program` is missing or unusable, saying what to install. `memo`: see `version_of`.
Result<std::unique_ptr<Monitor>> open_monitor(const std::string& program = "qemu-system-x86_64",
                                              const std::string& memo = "");

}  // namespace ktstr::vmm::qemu
