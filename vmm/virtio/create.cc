// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/create.h"

#include <cstdlib>

#include "base/overload.h"
#include "vmm/virtio/block/block.h"
#include "vmm/virtio/console_port.h"
#include "vmm/virtio/rng.h"
#include "vmm/virtio/vsock/sockets.h"

namespace ktstr::vmm::virtio {
namespace {

using Created = Result<std::shared_ptr<Device>>;

/// On a disk rather than in memory, where there is a choice.
std::string overlay_directory() {
  const char* const chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
}

Created create_vsock(const VsockDevice& config, const Surroundings& surroundings) {
  vsock::Listeners listeners;
  for (const std::uint32_t port : config.listen)
    listeners[port] = [port, accept = surroundings.on_connection](Fd stream) {
      accept(port, std::move(stream));
    };
  return TRY(vsock::SocketDevice::create(config.guest_cid, std::move(listeners)));
}

Created create_disk(const BlockDevice& config, std::size_t number) {
  Disk disk = TRY(Disk::open(config.path, config.mode, overlay_directory()));
  const BlockOptions options{
      .id = "disk" + std::to_string(number),
      .bytes_per_second = config.bytes_per_second.value_or(Bytes{}).count,
      .operations_per_second = config.operations_per_second.value_or(0),
  };
  return std::make_shared<Block>(std::move(disk), options);
}

}  // namespace

Result<std::vector<std::shared_ptr<Device>>> create_devices(
    const std::vector<DeviceConfig>& configs, const Surroundings& surroundings) {
  std::size_t disks = 0;
  const Overload create{
      [&](const VsockDevice& config) { return create_vsock(config, surroundings); },
      [&](const ConsoleDevice&) -> Created {
        return std::make_shared<ConsolePort>(surroundings.console);
      },
      [&](const RngDevice&) -> Created { return std::make_shared<Rng>(); },
      [&](const BlockDevice& config) { return create_disk(config, disks++); }};
  std::vector<std::shared_ptr<Device>> devices;
  for (const DeviceConfig& config : configs) devices.push_back(TRY(std::visit(create, config)));
  return devices;
}

}  // namespace ktstr::vmm::virtio
