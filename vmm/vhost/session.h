// SPDX-License-Identifier: GPL-2.0-only
// What a vhost-user frontend has told us about its device: features, memory and rings. Answers
// messages and keeps the queues that follow from them; moves no data. Whatever the frontend says is
// checked, and nonsense ends the session with an error.
#pragma once

#include <array>
#include <optional>

#include "vmm/vhost/channel.h"
#include "vmm/virtio/queue.h"

namespace ktstr::vmm::vhost {

struct Ring {
  std::uint16_t size = 0;
  std::uint16_t next = 0;
  bool fresh = true;  ///< The driver starts from 0, rather than going on after a pause.
  bool enabled = false;
  std::optional<VringAddress> address;
  Fd kick;                     ///< eventfd: the driver has made buffers available.
  Fd call;                     ///< eventfd: interrupts the driver.
  Fd error;                    ///< eventfd: the ring is broken.
  std::optional<Queue> queue;  ///< While the ring runs.
};

class Session {
 public:
  static constexpr std::size_t ring_count = 2;  ///< rx and tx; the event queue stays in QEMU.
  static constexpr std::uint64_t features =
      feature_version_1 | feature_event_index | feature_protocol_features;
  static constexpr std::uint64_t protocol_features = protocol_reply_ack | protocol_config;

  /// `config` is the device's configuration space.
  explicit Session(Buffer config) : config_(std::move(config)) {}

  /// Acts on a message and returns the payload to reply with, if it wants one.
  Result<std::optional<Buffer>> handle(Message& message);

  [[nodiscard]] bool running() const { return rings_[0].queue && rings_[1].queue; }
  /// Whether the driver has reset the device and started anew since the last call.
  bool take_restart() { return std::exchange(restarted_, false); }
  Ring& ring(std::size_t index) { return rings_[index]; }
  [[nodiscard]] const Ring& ring(std::size_t index) const { return rings_[index]; }

 private:
  struct Window {
    std::uint64_t user_address;
    std::uint64_t size;
    GuestPhys start;
  };

  Result<std::optional<Buffer>> answer(Message& message);
  Result<Ring*> ring_of(std::uint64_t index);
  Status set_memory(Message& message);
  Status set_descriptor(Message& message, Fd Ring::*which);
  [[nodiscard]] Result<GuestPhys> translate(std::uint64_t user_address) const;
  void stop(Ring& ring);
  Status start(Ring& ring);
  Status restart_all();

  Buffer config_;
  std::uint64_t acked_ = 0;
  GuestMemory memory_;
  std::vector<Window> windows_;
  std::array<Ring, ring_count> rings_;
  bool restarted_ = false;
};

}  // namespace ktstr::vmm::vhost
