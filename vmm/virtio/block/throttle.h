// SPDX-License-Identifier: GPL-2.0-only
// Throttle: a token bucket that holds a tenth of a second's tokens. A request passes when the
// bucket is not empty and takes what it costs, if need be on credit, so that one larger than the
// bucket passes as well and the next waits for it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/units.h"

namespace ktstr::vmm::virtio {

class Throttle {
 public:
  static constexpr Nanos depth = 100ms;

  /// `per_second` of 0 limits nothing.
  explicit Throttle(std::uint64_t per_second) : per_second_(per_second) {}

  /// From when on the next request passes.
  [[nodiscard]] Nanos ready() const { return empty_until_; }
  /// Takes `cost` tokens: at most 2^33.
  void charge(std::uint64_t cost, Nanos now) {
    if (per_second_ == 0) return;
    const auto time = static_cast<std::int64_t>(cost * 1'000'000'000 / per_second_);
    empty_until_ = std::max(empty_until_, now - depth) + Nanos(time);
  }

 private:
  std::uint64_t per_second_;
  Nanos empty_until_{};  // When the bucket has (or had) its first token, clock of `now`.
};

}  // namespace ktstr::vmm::virtio
