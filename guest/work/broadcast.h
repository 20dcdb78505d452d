// SPDX-License-Identifier: GPL-2.0-only
// Broadcast: one member of a group announces, all others wait for announcements, on one futex word.
// Who is busy meanwhile finds several as one. It uses the group's shared room.
#pragma once

#include <array>
#include <optional>

#include "guest/work/worker.h"

namespace ktstr::guest {

class Broadcast {
 public:
  explicit Broadcast(Worker& worker);

  void announce();
  /// What a messenger does until it is to stop: it spins, announces, spins a little, and again.
  void announce_forever(std::uint64_t units_before);
  /// Waits for the next announcement that this worker has not seen and gives the time of the
  /// earliest; nothing when the worker is to stop.
  [[nodiscard]] std::optional<Nanos> await();

 private:
  struct Board {
    std::atomic<std::uint32_t> generation;
    std::array<std::atomic<std::int64_t>, 64> times;  ///< Of the last generations.
  };

  Worker& worker_;
  Board& board_;
  std::uint32_t seen_;
};

}  // namespace ktstr::guest
