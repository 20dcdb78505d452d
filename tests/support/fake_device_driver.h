// SPDX-License-Identifier: GPL-2.0-only
// A driver in this process for any virtio device: its queues on real rings, the device working on
// them when told to. Without a transport; fake_mmio_driver.h has one.
#pragma once

#include <deque>

#include "support/fake_virtio_driver.h"
#include "vmm/virtio/device.h"

namespace fake {

namespace virtio = ktstr::vmm::virtio;

class DeviceDriver {
 public:
  explicit DeviceDriver(virtio::Device& device, std::uint16_t size = 8,
                        ktstr::Bytes memory = ktstr::Bytes{1u << 20})
      : ram(memory), device_(device) {
    for (std::size_t i = 0; i < device.queue_sizes().size(); ++i) {
      queues.emplace_back(ram, size, true);
      served.push_back(ktstr::vmm::Queue::create(ram.memory, queues[i].layout).value());
    }
    for (ktstr::vmm::Queue& queue : served) pointers_.push_back(&queue);
    device.activate(device.features());
  }

  /// One turn; whether the device has more to do.
  bool work() { return device_.work(pointers_, now); }
  /// Until the device is done; aborts when it never is.
  void run() {
    for (int turns = 0; work(); ++turns)
      if (turns > 100'000) std::abort();
  }
  /// Offers a chain, lets the device work and takes the chain back.
  std::optional<Used> request(std::size_t queue, const std::vector<Part>& parts) {
    if (!queues[queue].add(parts)) std::abort();
    run();
    return queues[queue].reap();
  }

  std::uint64_t put(std::string_view text) {
    const std::uint64_t address = ram.allocate(text.size());
    write(address, text);
    return address;
  }
  void write(std::uint64_t address, std::string_view text) {
    std::memcpy(ram.at(address, text.size()).data(), text.data(), text.size());
  }
  [[nodiscard]] std::string text(std::uint64_t address, std::size_t size) const {
    return std::string(ktstr::as_text(ram.at(address, size)));
  }

  Ram ram;
  std::deque<DriverQueue> queues;
  std::deque<ktstr::vmm::Queue> served;
  ktstr::Nanos now = std::chrono::seconds(1000);

 private:
  virtio::Device& device_;
  std::vector<ktstr::vmm::Queue*> pointers_;
};

}  // namespace fake
