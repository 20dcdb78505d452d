// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include <sys/wait.h>

#include <unistd.h>

#include "guest/work/worker.h"
#include "ir/work/process.h"

namespace ktstr::guest {

template <>
void run_work(const ir::ForkExit&, Worker& worker) {
  while (!worker.stopping()) {
    const pid_t child = ::fork();
    if (child < 0) worker.fail("fork");
    if (child == 0) {
      worker.slab().woken_at.store(monotonic_now().count(), std::memory_order_relaxed);
      ::_exit(0);
    }
    worker.begin_wait();
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR)
      if (worker.stopping()) return;
    worker.iterate(1);
    worker.end_wait(Nanos(worker.slab().woken_at.load(std::memory_order_relaxed)));
  }
}

}  // namespace ktstr::guest
