// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include <sys/wait.h>

#include <unistd.h>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::ForkExit&, Worker& worker) {
  std::atomic<std::int64_t>& exited_at = worker.self().woken_at;
  while (!worker.stopping()) {
    const pid_t child = ::fork();
    if (child < 0) worker.fail_errno("fork");
    if (child == 0) {
      exited_at.store(monotonic_now().count(), std::memory_order_relaxed);
      ::_exit(0);
    }
    worker.begin_wait();
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR)
      if (worker.stopping()) return;
    worker.iterate(1);
    worker.end_wait(Nanos(exited_at.load(std::memory_order_relaxed)));
  }
}

}  // namespace ktstr::guest
