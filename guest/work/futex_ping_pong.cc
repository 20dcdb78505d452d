// SPDX-License-Identifier: GPL-2.0-only
#include "guest/futex.h"
#include "guest/work/worker.h"
#include "ir/work/wake.h"

namespace ktstr::guest {

template <>
void run_work(const ir::FutexPingPong& ping_pong, Worker& worker) {
  const auto mine = static_cast<std::uint32_t>(worker.index());
  const std::uint32_t other = 1 - mine;
  const auto units = static_cast<std::uint64_t>(ping_pong.spin_iters.get());
  std::atomic<std::uint32_t>& turn = worker.member(0).turn;
  while (!worker.stopping()) {
    worker.begin_wait();
    bool waited = false;
    while (turn.load(std::memory_order_acquire) == other) {
      waited = true;
      futex_wait(turn, other);
      if (worker.stopping()) return;
    }
    if (waited)
      worker.end_wait(Nanos(worker.slab().woken_at.load(std::memory_order_relaxed)));
    else
      worker.cancel_wait();
    worker.spin(units);
    worker.iterate(units);
    const Nanos now = worker.checkpoint();
    worker.member(other).woken_at.store(now.count(), std::memory_order_relaxed);
    turn.store(other, std::memory_order_release);
    futex_wake(turn, 1);
  }
}

}  // namespace ktstr::guest
