// SPDX-License-Identifier: GPL-2.0-only
// A machine as a QEMU command line; pure, so that goldens test it and `ktstr emit cmdline` shows
// it.
//
// Topology: one socket per LLC, whatever the nodes. QEMU gives each socket one L3, `-numa cpu` puts
// sockets into nodes, so nodes of unequal shape and nodes without CPUs need nothing special, and
// CPUs come out numbered LLC-major, core, thread. Dies would do as well, but SeaBIOS asks CPUID
// leaf 0x1F, which exists then, for a subleaf on which QEMU 10.0.2 aborts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vmm/config.h"

namespace ktstr::vmm::qemu {

/// The descriptor numbers under which QEMU inherits what belongs to a machine; -1: not there.
struct Descriptors {
  int kernel = -1;
  int initramfs = -1;
  int console = -1;          ///< The serial port; a connected stream socket.
  int control = -1;          ///< QMP; a connected stream socket.
  int vsock = -1;            ///< vhost-user; a connected stream socket.
  int virtio_console = -1;   ///< A connected stream socket.
  std::vector<int> nodes{};  ///< The memfd of each node.

  bool operator==(const Descriptors&) const = default;
};

/// The numbers a machine of this configuration gets.
Descriptors descriptors_for(const MachineConfig& config);

/// Why QEMU cannot realise the configuration, as one sentence.
std::optional<std::string> obstacle(const MachineConfig& config);

/// Without the program's name. The configuration has no obstacle.
std::vector<std::string> qemu_arguments(const MachineConfig& config, bool parallel);

}  // namespace ktstr::vmm::qemu
