// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/broadcast.h"

#include <algorithm>

#include "guest/futex.h"

namespace ktstr::guest {

Broadcast::Broadcast(Worker& worker)
    : worker_(worker),
      board_(worker.group().shared<Board>()),
      seen_(board_.generation.load(std::memory_order_acquire)) {}

void Broadcast::announce() {
  const std::uint32_t next = board_.generation.load(std::memory_order_relaxed) + 1;
  const Nanos now = worker_.checkpoint();
  board_.times[next % board_.times.size()].store(now.count(), std::memory_order_relaxed);
  board_.generation.store(next, std::memory_order_release);
  futex_wake(board_.generation, INT_MAX);
}

void Broadcast::announce_forever(std::uint64_t units_before) {
  constexpr std::uint64_t units_after = 256;
  while (!worker_.stopping()) {
    worker_.spin(units_before);
    announce();
    worker_.spin(units_after);
    worker_.iterate(units_before + units_after);
  }
}

std::optional<Nanos> Broadcast::await() {
  worker_.begin_wait();
  bool waited = false;
  std::uint32_t now;
  while ((now = board_.generation.load(std::memory_order_acquire)) == seen_) {
    waited = true;
    futex_wait(board_.generation, seen_);
    if (worker_.stopping()) return std::nullopt;
  }
  // The oldest times may be overwritten at this moment.
  const auto known = static_cast<std::uint32_t>(board_.times.size() / 2);
  const std::uint32_t first = now - std::min(now - seen_, known) + 1;
  const Nanos due(board_.times[first % board_.times.size()].load(std::memory_order_relaxed));
  seen_ = now;
  if (waited)
    worker_.end_wait(due);
  else
    worker_.cancel_wait();
  return worker_.stopping() ? std::nullopt : std::optional(due);
}

}  // namespace ktstr::guest
