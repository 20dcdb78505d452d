// SPDX-License-Identifier: GPL-2.0-only
// A virtio device without its transport (virtio 1.2 §2, §5): what it is, its configuration space
// and how it moves buffers. A Loop (vmm/virtio/loop.h) calls it on one thread and lends it its
// queues for the length of each call; vhost-user and virtio-mmio are transports. The driver is
// hostile, and no call may take long: each works within a budget and says whether there is more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/units.h"
#include "vmm/virtio/queue.h"

namespace ktstr::vmm::virtio {

/// Feature bits of any device (§6).
inline constexpr std::uint64_t feature_event_index = std::uint64_t{1} << 29;
inline constexpr std::uint64_t feature_version_1 = std::uint64_t{1} << 32;

/// §5: device ids.
enum class DeviceType : std::uint32_t { block = 2, console = 3, entropy = 4, vsock = 19 };

/// A device's queues by index; null for one that the driver has not set up.
using Queues = std::span<Queue* const>;

/// Called on the loop's thread, unless it says otherwise.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // What it is. Constant, from any thread.
  [[nodiscard]] virtual DeviceType type() const = 0;
  /// For messages and as the thread's name: `virtio-rng`; at most 15 characters.
  [[nodiscard]] virtual const char* name() const = 0;
  /// The device's own feature bits; those of the transport and the ring are not its business.
  [[nodiscard]] virtual std::uint64_t features() const { return 0; }
  /// The longest each of its queues may be.
  [[nodiscard]] virtual std::span<const std::uint16_t> queue_sizes() const = 0;
  /// The configuration space (§2.5).
  [[nodiscard]] virtual ByteView config() const { return {}; }
  /// The driver wrote into the configuration space; `[offset, offset + bytes.size())` lies within.
  /// From any thread.
  virtual void write_config([[maybe_unused]] std::size_t offset, [[maybe_unused]] ByteView bytes) {}

  /// The driver is about to use the device, with those of `features` that it knows.
  virtual void activate([[maybe_unused]] std::uint64_t negotiated) {}
  /// The driver reset the device (§2.4): what it was told before is forgotten.
  virtual void reset() {}

  /// Moves buffers. True when there may be more to do at once. `now` may only grow.
  virtual bool work(Queues queues, Nanos now) = 0;
  /// Whether, before the loop sleeps, the driver shall be asked to tell of new buffers in a queue.
  [[nodiscard]] virtual bool wants([[maybe_unused]] std::size_t queue) const { return true; }
  /// When `work` must be called again even if nothing happens.
  [[nodiscard]] virtual std::optional<Nanos> deadline() const { return std::nullopt; }
  /// A descriptor whose being readable calls `dispatch`; -1 when nothing is waited for. Asked
  /// before each sleep.
  [[nodiscard]] virtual int events() const { return -1; }
  virtual void dispatch() {}
};

}  // namespace ktstr::vmm::virtio
