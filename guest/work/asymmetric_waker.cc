// SPDX-License-Identifier: GPL-2.0-only
// What differs from futex_ping_pong are the policies, and those init sets.
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::FutexPingPong& ping_pong, Worker& worker);

template <>
void run_work(const ir::AsymmetricWaker& waker, Worker& worker) {
  run_work(ir::FutexPingPong{.spin_iters = waker.burst_iters}, worker);
}

}  // namespace ktstr::guest
