// SPDX-License-Identifier: GPL-2.0-only
// Credit of one direction of a stream (virtio 1.2 §5.10.6.3). All counters are free-running and
// wrap at 2^32, so only their differences mean anything.
#pragma once

#include <cstdint>

namespace ktstr::vmm::vsock {

/// What we may send: the peer announces buffer and progress, we count what we sent.
class SendCredit {
 public:
  explicit SendCredit(std::uint32_t sent = 0) : sent_(sent), forwarded_(sent) {}

  void announced(std::uint32_t buf_alloc, std::uint32_t fwd_cnt) {
    buf_alloc_ = buf_alloc;
    forwarded_ = fwd_cnt;
  }
  void sent(std::uint32_t bytes) { sent_ += bytes; }

  /// Bytes the peer has room for; none when its buffer shrank below what is on its way.
  [[nodiscard]] std::uint32_t free() const {
    const std::uint32_t in_flight = sent_ - forwarded_;
    return in_flight < buf_alloc_ ? buf_alloc_ - in_flight : 0;
  }

 private:
  std::uint32_t sent_;
  std::uint32_t forwarded_;
  std::uint32_t buf_alloc_ = 0;
};

/// What the peer may send us: we announce a fixed buffer and our progress.
class ReceiveCredit {
 public:
  explicit ReceiveCredit(std::uint32_t buf_alloc, std::uint32_t forwarded = 0)
      : buf_alloc_(buf_alloc), forwarded_(forwarded), announced_(forwarded) {}

  void forwarded(std::uint32_t bytes) { forwarded_ += bytes; }
  /// The value to put into a packet's `fwd_cnt`.
  std::uint32_t announce() { return announced_ = forwarded_; }

  /// Whether the peer should be told without waiting for other traffic: it may have used half of
  /// its credit since we last spoke.
  [[nodiscard]] bool stale() const { return forwarded_ - announced_ >= buf_alloc_ / 2; }
  [[nodiscard]] std::uint32_t buf_alloc() const { return buf_alloc_; }

 private:
  std::uint32_t buf_alloc_;
  std::uint32_t forwarded_;
  std::uint32_t announced_;
};

}  // namespace ktstr::vmm::vsock
