// SPDX-License-Identifier: GPL-2.0-only
// Who starves whom is a matter of the policies, which init sets.
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::RtStarvation& starvation, Worker& worker) {
  const std::uint64_t units = natural(starvation.burst_iters);
  while (!worker.stopping()) {
    worker.spin(units);
    worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
