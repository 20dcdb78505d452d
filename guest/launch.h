// SPDX-License-Identifier: GPL-2.0-only
// Forks workers: a process of one worker, or of several as its threads. Each waits at the start
// barrier, does its work until it is told to stop, and leaves nothing but its slab. The process
// dies with init and leads a process group, so that its children can be killed with it.
#pragma once

#include <span>

#include <sys/types.h>

#include "guest/work/worker.h"
#include "ir/work_group.h"

namespace ktstr::guest {

/// One worker's place among those it works with.
struct Seat {
  const Group& group;
  std::size_t index;  ///< In its group.
  Surroundings surroundings{};

  [[nodiscard]] Slab& slab() const { return group.slab(index); }
};

struct Start {
  const ir::WorkGroup& group;
  std::span<const Seat> seats;  ///< Of one process; several where `clone` makes them threads.
  std::atomic<std::uint32_t>& gate;
  std::uint32_t batch;  ///< What the gate must reach.
};

/// The signal that interrupts a worker's blocking call when it is to stop.
inline constexpr int stop_signal = 10;  // SIGUSR1

/// Gives the child's pid; the child never returns. Threads say who they are in their slabs.
Result<pid_t> launch(const Start& start);

}  // namespace ktstr::guest
