// SPDX-License-Identifier: GPL-2.0-only
// The virtio entropy device (virtio 1.2 §5.4): fills what the driver offers from the kernel's
// random numbers, at most `per_buffer` bytes of each buffer.
#pragma once

#include "vmm/virtio/device.h"

namespace ktstr::vmm::virtio {

class Rng final : public Device {
 public:
  static constexpr std::uint32_t per_buffer = 4096;

  [[nodiscard]] DeviceType type() const override { return DeviceType::entropy; }
  [[nodiscard]] const char* name() const override { return "virtio-rng"; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override;
  bool work(Queues queues, Nanos now) override;

 private:
  Chain chain_;
};

}  // namespace ktstr::vmm::virtio
