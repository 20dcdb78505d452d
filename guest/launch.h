// SPDX-License-Identifier: GPL-2.0-only
// Forks a worker: a process of its own that waits at the start barrier, does its work until it is
// told to stop, and leaves nothing but its slab. It dies with init and leads a process group, so
// that its children can be killed with it.
#pragma once

#include <sys/types.h>

#include "guest/work/worker.h"
#include "ir/work.h"

namespace ktstr::guest {

struct Start {
  const ir::Work& work;
  const Group& group;
  std::size_t index;  ///< In its group.
  std::atomic<std::uint32_t>& gate;
  std::uint32_t batch;  ///< What the gate must reach.
  Surroundings surroundings{};
};

/// The signal that interrupts a worker's blocking call when it is to stop.
inline constexpr int stop_signal = 10;  // SIGUSR1

/// Gives the child's pid; the child never returns.
Result<pid_t> launch(const Start& start);

}  // namespace ktstr::guest
