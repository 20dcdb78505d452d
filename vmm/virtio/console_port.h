// SPDX-License-Identifier: GPL-2.0-only
// The virtio console device (virtio 1.2 §5.3) with its one port: what the guest writes is captured
// in a Console, what can be read from a descriptor is the guest's input. Without a size and without
// VIRTIO_CONSOLE_F_MULTIPORT, but with emergency writes, which need no queue.
#pragma once

#include <array>

#include "base/fd.h"
#include "vmm/console.h"
#include "vmm/virtio/device.h"

namespace ktstr::vmm::virtio {

class ConsolePort final : public Device {
 public:
  static constexpr std::uint64_t feature_emergency_write = std::uint64_t{1} << 2;
  /// What is kept of a single buffer; the rest of a longer one is lost.
  static constexpr std::size_t per_buffer = 1 << 20;

  /// `output` must outlive the port. `input` may be empty, and is dropped at its end.
  explicit ConsolePort(Console& output, Fd input = {})
      : output_(output), input_(std::move(input)) {}

  [[nodiscard]] DeviceType type() const override { return DeviceType::console; }
  [[nodiscard]] const char* name() const override { return "virtio-console"; }
  [[nodiscard]] std::uint64_t features() const override { return feature_emergency_write; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override;
  [[nodiscard]] ByteView config() const override { return config_; }
  void write_config(std::size_t offset, ByteView bytes) override;
  bool work(Queues queues, Nanos now) override;
  [[nodiscard]] bool wants(std::size_t queue) const override;
  [[nodiscard]] int events() const override;
  void dispatch() override { readable_ = true; }
  void reset() override { starved_ = true; }

 private:
  bool take_output(Queue& transmit);
  void give_input(Queue& receive);

  static constexpr std::array<std::byte, 12> config_{};  // §5.3.4; without a feature it is all 0.
  Console& output_;
  Fd input_;
  bool readable_ = false;
  bool starved_ = true;  // No buffer of the guest waits for input.
  Chain chain_;
};

}  // namespace ktstr::vmm::virtio
