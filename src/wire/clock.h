// SPDX-License-Identifier: GPL-2.0-only
// The mapping between the clocks of host and guest, from pings: the guest read its clock somewhere
// between question and answer, so the offset is known to half the round trip.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "wire/messages.h"

namespace ktstr::wire {

class ClockMap {
 public:
  /// An answer that arrived at `now` on the host's clock; one from the future is ignored.
  void add(const Pong& pong, Nanos now);
  /// The offset with the least error among the last answers; nothing before the first one.
  [[nodiscard]] std::optional<ir::ClockOffset> best() const;

 private:
  static constexpr std::size_t remembered = 16;
  std::deque<ir::ClockOffset> last_;
};

}  // namespace ktstr::wire
