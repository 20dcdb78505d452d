// SPDX-License-Identifier: GPL-2.0-only
// Lock: one futex lock among the members of a group, whose waits are measured.
#pragma once

#include "guest/work/worker.h"

namespace ktstr::guest {

class Lock {
 public:
  /// Lies in the group's shared room.
  struct State {
    std::atomic<std::uint32_t> word;
    std::atomic<std::int64_t> released_at;
  };

  Lock(Worker& worker, State& state, ir::PiMode mode);

  /// Where another has it, waits and records lock_wait, and as wake_latency the part of it since
  /// the last release. False, and without the lock, when the worker is to stop.
  [[nodiscard]] bool take();
  void release();

 private:
  bool wait_plain();
  bool wait_pi();

  Worker& worker_;
  State& state_;
  ir::PiMode mode_;
  std::uint32_t held_;  ///< The word of a lock that this worker holds and nobody waits for.
};

}  // namespace ktstr::guest
