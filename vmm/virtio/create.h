// SPDX-License-Identifier: GPL-2.0-only
// From a machine's configuration to its virtio devices, for a monitor that serves them itself.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "vmm/config.h"
#include "vmm/console.h"
#include "vmm/virtio/device.h"

namespace ktstr::vmm::virtio {

/// What the devices of a machine are joined to; must outlive them.
struct Surroundings {
  Console& console;
  /// The guest connected to a port that is listened on. Called on the device's thread: must not
  /// block.
  std::function<void(std::uint32_t port, Fd stream)> on_connection;
};

/// In the order of the configuration, which has no `flaw`.
Result<std::vector<std::shared_ptr<Device>>> create_devices(
    const std::vector<DeviceConfig>& configs, const Surroundings& surroundings);

}  // namespace ktstr::vmm::virtio
