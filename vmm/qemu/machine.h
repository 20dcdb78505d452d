// SPDX-License-Identifier: GPL-2.0-only
// A Machine that is a QEMU process. Its RAM is ours, its console and control connections are socket
// pairs, its virtio socket device is served by us over vhost-user; one thread of ours watches it.
#pragma once

#include <memory>
#include <string>

#include "vmm/machine.h"
#include "vmm/qemu/spawner.h"

namespace ktstr::vmm::qemu {

struct Emulator {
  std::string program;
  bool parallel;     ///< Whether vCPUs may run on threads of their own.
  Spawner& spawner;  ///< Outlives the machine.
};

/// The configuration has no `obstacle`.
Result<std::unique_ptr<Machine>> create_machine(const MachineConfig& config,
                                                const Emulator& emulator);

}  // namespace ktstr::vmm::qemu
