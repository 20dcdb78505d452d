// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/baton.h"

namespace ktstr::guest {

template <>
void run_work(const ir::WakeChain& chain, Worker& worker) {
  Baton baton(worker, Baton::Begin::first, chain.wake, slot(ir::metric("hop_latency")));
  while (baton.take()) {
    worker.iterate(worker.spin_for(chain.work_per_hop));
    baton.pass();
  }
}

}  // namespace ktstr::guest
