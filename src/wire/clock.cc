// SPDX-License-Identifier: GPL-2.0-only
#include "wire/clock.h"

#include <algorithm>

namespace ktstr::wire {

void ClockMap::add(const Pong& pong, Nanos now) {
  if (pong.host > now) return;
  const Nanos half = (now - pong.host) / 2;
  last_.push_back({pong.guest - (pong.host + half), half});
  if (last_.size() > remembered) last_.pop_front();
}

std::optional<ir::ClockOffset> ClockMap::best() const {
  const auto found = std::ranges::min_element(last_, {}, &ir::ClockOffset::error);
  return found == last_.end() ? std::nullopt : std::optional(*found);
}

}  // namespace ktstr::wire
