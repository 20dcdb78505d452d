// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/lock.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PriorityInversion& inversion, Worker& worker) {
  const std::uint64_t work = natural(inversion.work_iters), hold = natural(inversion.hold_iters);
  const bool locks = inversion.tier(worker.index()) != ir::PriorityInversion::Tier::medium;
  Lock lock(worker, worker.group().shared<Lock::State>(), inversion.pi_mode);
  while (!worker.stopping()) {
    worker.sleep(inversion.rest);
    worker.spin(work);
    if (locks && !lock.take()) return;
    worker.spin(hold);
    worker.iterate(work + hold);
    if (locks)
      lock.release();
    else
      worker.checkpoint();
  }
}

}  // namespace ktstr::guest
