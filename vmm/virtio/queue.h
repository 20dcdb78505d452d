// SPDX-License-Identifier: GPL-2.0-only
// The device's side of a split virtqueue (virtio 1.2 §2.7), with VIRTIO_F_EVENT_IDX and without
// VIRTIO_F_INDIRECT_DESC, which we do not offer. The driver is hostile: every index, address and
// chain is checked, and one that breaks the rules breaks the queue – it then offers nothing until
// the device is reset (§2.1.1, DEVICE_NEEDS_RESET). No threads and no notifications of its own:
// whoever drives the queue asks `should_interrupt` and `arm`.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vmm/virtio/guest_memory.h"

namespace ktstr::vmm {

struct QueueLayout {
  std::uint16_t size = 0;  ///< Descriptors: a power of two up to Queue::max_size.
  GuestPhys descriptors;   ///< Descriptor area, aligned to 16.
  GuestPhys driver;        ///< Available ring, aligned to 2.
  GuestPhys device;        ///< Used ring, aligned to 4.
  bool event_index = false;
  std::uint16_t next = 0;  ///< The available index to go on from; 0 for a fresh queue.
};

/// A buffer the driver made available. Spans point into guest memory; zero-length parts are left
/// out. Reused between pops, so that popping does not allocate.
struct Chain {
  std::uint16_t head = 0;
  std::vector<ByteSpan> readable;  ///< What the driver wrote for us.
  std::vector<ByteSpan> writable;  ///< Where we may write.

  [[nodiscard]] std::size_t readable_size() const;
  [[nodiscard]] std::size_t writable_size() const;
};

class Queue {
 public:
  static constexpr std::uint16_t max_size = 1024;

  /// Fails when the layout breaks an alignment or leaves RAM. `memory` must outlive the queue.
  static Result<Queue> create(const GuestMemory& memory, const QueueLayout& layout);

  /// Looks at the next available chain without taking it; false when there is none or the queue is
  /// broken. `take` then takes it, and each chain taken is given back by one `put`.
  bool peek(Chain& chain);
  void take() { ++next_; }
  /// Publishes `head` as used, with `written` bytes written to its writable part (§2.7.8).
  void put(std::uint16_t head, std::uint32_t written);

  /// Whether the driver must hear of what was put since the last call (§2.7.7, §2.7.10).
  bool should_interrupt();
  /// Asks for a notification of the next chain. True when one is there already: the driver may not
  /// notify of that one, so process again instead of waiting.
  bool arm();
  /// Notifications are a waste until the next `arm`.
  void disarm();

  [[nodiscard]] std::uint16_t next() const { return next_; }
  /// What the driver did wrong, or empty.
  [[nodiscard]] std::string_view broken() const { return broken_; }

 private:
  Queue(const GuestMemory& memory, const QueueLayout& layout, ByteSpan descriptors, ByteSpan driver,
        ByteSpan device);

  bool broke(std::string_view why);
  bool follow(std::uint16_t head, Chain& chain);
  [[nodiscard]] bool available() const;

  const GuestMemory* memory_;
  ByteSpan descriptors_;
  ByteSpan driver_;
  ByteSpan device_;
  std::uint16_t size_;
  bool event_index_;
  std::uint16_t next_;       // Available index of the next chain.
  std::uint16_t used_;       // Used index of the next put.
  std::uint16_t signalled_;  // Used index when should_interrupt was last asked.
  std::string_view broken_;
};

}  // namespace ktstr::vmm
