// SPDX-License-Identifier: GPL-2.0-only
// The one clock of both sides: CLOCK_MONOTONIC in nanoseconds.
#pragma once

#include <ctime>

#include "base/units.h"

namespace ktstr {

inline Nanos read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

inline Nanos monotonic_now() {
  return read_clock(CLOCK_MONOTONIC);
}

/// A point in time after which waiting ends.
class Deadline {
 public:
  explicit Deadline(Nanos from_now) : at_(monotonic_now() + from_now) {}

  [[nodiscard]] Nanos at() const { return at_; }
  [[nodiscard]] bool passed() const { return monotonic_now() >= at_; }
  [[nodiscard]] Nanos left() const {
    const Nanos now = monotonic_now();
    return now >= at_ ? Nanos(0) : at_ - now;
  }
  /// For poll(2) and epoll_wait(2): milliseconds left, rounded up.
  [[nodiscard]] int poll_timeout() const {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left()).count());
  }

 private:
  Nanos at_;
};

}  // namespace ktstr
