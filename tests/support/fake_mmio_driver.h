// SPDX-License-Identifier: GPL-2.0-only
// A driver of the virtio-mmio transport in this process: the order in which Linux does things
// (virtio 1.2 §3.1.1, §4.2.3) and raw access to registers to do what a driver must not.
#pragma once

#include <deque>

#include <poll.h>

#include "support/fake_virtio_driver.h"
#include "vmm/virtio/mmio.h"

namespace fake {

namespace virtio = ktstr::vmm::virtio;

class MmioDriver {
 public:
  // Offsets of registers, as a driver knows them (§4.2.2).
  static constexpr std::uint64_t magic = 0x00, version = 0x04, device_id = 0x08, vendor = 0x0c,
                                 device_features = 0x10, device_features_select = 0x14,
                                 driver_features = 0x20, driver_features_select = 0x24,
                                 queue_select = 0x30, queue_size_max = 0x34, queue_size = 0x38,
                                 queue_ready = 0x44, queue_notify = 0x50, interrupt_status = 0x60,
                                 interrupt_ack = 0x64, status = 0x70, descriptors_low = 0x80,
                                 driver_low = 0x90, device_low = 0xa0, config_generation = 0xfc,
                                 config = 0x100;
  static constexpr std::uint32_t acknowledge = 1, driver = 2, driver_ok = 4, features_ok = 8,
                                 needs_reset = 64, failed = 128;

  explicit MmioDriver(std::shared_ptr<virtio::Device> device)
      : ram(ktstr::Bytes{1u << 20}),
        mmio(virtio::Mmio::create(std::move(device), ram.memory).value()) {}

  [[nodiscard]] std::uint32_t get(std::uint64_t at) const {
    return static_cast<std::uint32_t>(mmio->read(at, 4));
  }
  void set(std::uint64_t at, std::uint32_t value) const { mmio->write(at, 4, value); }

  std::uint64_t offered() const {
    set(device_features_select, 1);
    const std::uint64_t high = get(device_features);
    set(device_features_select, 0);
    return high << 32 | get(device_features);
  }
  /// §3.1.1, steps 1 to 6; whether the device took the features.
  bool negotiate(std::uint64_t features) const {
    set(status, 0);
    set(status, acknowledge);
    set(status, acknowledge | driver);
    set(driver_features_select, 1);
    set(driver_features, static_cast<std::uint32_t>(features >> 32));
    set(driver_features_select, 0);
    set(driver_features, static_cast<std::uint32_t>(features));
    set(status, acknowledge | driver | features_ok);
    return (get(status) & features_ok) != 0;
  }
  /// §4.2.3.2.
  void set_address(std::uint64_t low, std::uint64_t address) const {
    set(low, static_cast<std::uint32_t>(address));
    set(low + 4, static_cast<std::uint32_t>(address >> 32));
  }
  void set_up(std::uint32_t index, const ktstr::vmm::QueueLayout& layout) const {
    set(queue_select, index);
    set(queue_size, layout.size);
    set_address(descriptors_low, layout.descriptors.raw);
    set_address(driver_low, layout.driver.raw);
    set_address(device_low, layout.device.raw);
    set(queue_ready, 1);
  }
  void go() const { set(status, acknowledge | driver | features_ok | driver_ok); }

  /// From nothing to a running device with all its queues.
  void start(std::uint16_t size = 8) {
    if (!negotiate(offered())) std::abort();
    queues.clear();
    for (std::uint32_t i = 0; i < mmio->queue_count(); ++i) {
      queues.emplace_back(ram, size, true);
      set_up(i, queues.back().layout);
    }
    go();
  }

  /// Whether an interrupt comes; takes it.
  bool interrupted(int timeout_ms = 0) const {
    pollfd waiting{mmio->interrupt_event().get(), POLLIN, 0};
    if (::poll(&waiting, 1, timeout_ms) != 1) return false;
    std::uint64_t count = 0;
    return ::read(waiting.fd, &count, sizeof count) == sizeof count;
  }
  /// Waits for the next used buffer of a queue, as an interrupt handler does.
  std::optional<Used> wait(std::size_t queue) {
    while (true) {
      queues[queue].want_interrupt_after(queues[queue].seen());
      if (const auto used = queues[queue].reap()) return used;
      if (!interrupted(10'000)) return std::nullopt;
      set(interrupt_ack, get(interrupt_status));
    }
  }

  Ram ram;
  std::deque<DriverQueue> queues;
  std::unique_ptr<virtio::Mmio> mmio;
};

}  // namespace fake
