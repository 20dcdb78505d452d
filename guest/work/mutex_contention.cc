// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/lock.h"

namespace ktstr::guest {

template <>
void run_work(const ir::MutexContention& mutex, Worker& worker) {
  const std::uint64_t work = natural(mutex.work_iters), hold = natural(mutex.hold_iters);
  Lock lock(worker, worker.group().shared<Lock::State>(), ir::PiMode::plain);
  while (!worker.stopping()) {
    worker.spin(work);
    if (!lock.take()) return;
    worker.spin(hold);
    worker.iterate(work + hold);
    lock.release();
  }
}

}  // namespace ktstr::guest
