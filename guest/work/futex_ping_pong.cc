// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/baton.h"

namespace ktstr::guest {

template <>
void run_work(const ir::FutexPingPong& ping_pong, Worker& worker) {
  const std::uint64_t units = natural(ping_pong.spin_iters);
  Baton baton(worker, Baton::Begin::first, ir::ChainWake::futex, Worker::wake_latency);
  while (baton.take()) {
    worker.spin(units);
    worker.iterate(units);
    baton.pass();
  }
}

}  // namespace ktstr::guest
