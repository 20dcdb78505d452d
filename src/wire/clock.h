// SPDX-License-Identifier: GPL-2.0-only
// The mapping between the clocks of host and guest, from pings: the guest read its clock somewhere
// between question and answer, so the offset is known to half the round trip.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "wire/messages.h"

namespace ktstr::wire {

struct ClockOffset {
  Nanos offset{0};  ///< The guest's clock minus the host's.
  Nanos error{0};   ///< Half the round trip.

  bool operator==(const ClockOffset&) const = default;
  [[nodiscard]] Nanos to_host(Nanos guest) const { return guest - offset; }
  [[nodiscard]] Nanos to_guest(Nanos host) const { return host + offset; }
};

class ClockMap {
 public:
  /// An answer that arrived at `now` on the host's clock; one from the future is ignored.
  void add(const Pong& pong, Nanos now);
  /// The offset with the least error among the last answers; nothing before the first one.
  [[nodiscard]] std::optional<ClockOffset> best() const;

 private:
  static constexpr std::size_t remembered = 16;
  std::deque<ClockOffset> last_;
};

}  // namespace ktstr::wire
