// SPDX-License-Identifier: GPL-2.0-only
// Connections of a guest that nobody has taken yet: what stands behind Machine::accept, whoever
// carries the vsock device.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "vmm/machine.h"
#include "vmm/virtio/event.h"

namespace ktstr::vmm {

/// Functions may be called from any thread.
class Arrivals {
 public:
  /// `event` is signalled for each connection, and outlives this.
  explicit Arrivals(const Fd& event) : event_(event) {}

  void add(std::uint32_t port, Fd stream) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({port, std::move(stream)});
    }
    signal_event(event_);
  }
  std::optional<VsockConnection> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    VsockConnection connection = std::move(waiting_.front());
    waiting_.pop_front();
    return connection;
  }

 private:
  const Fd& event_;
  std::mutex mutex_;
  std::deque<VsockConnection> waiting_;
};

}  // namespace ktstr::vmm
