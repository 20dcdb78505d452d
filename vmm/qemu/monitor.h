// SPDX-License-Identifier: GPL-2.0-only
// The monitor that emulates: QEMU under TCG.
#pragma once

#include <memory>
#include <string>

#include "vmm/machine.h"

namespace ktstr::vmm::qemu {

/// Asks `program` for its version, once. Fails when it is missing or unusable, saying what to
/// install.
Result<std::unique_ptr<Monitor>> open_monitor(const std::string& program = "qemu-system-x86_64");

}  // namespace ktstr::vmm::qemu
