// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "guest/work/nests.h"
#include "ir/work/cgroup.h"

namespace ktstr::guest {
namespace {

/// Waits for a child, or with -1 until there are none; false when the worker is to stop.
bool reap(pid_t child, Worker& worker) {
  worker.begin_wait();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR)
    if (worker.stopping()) return false;
  worker.cancel_wait();
  return true;
}

}  // namespace

template <>
void run_work(const ir::CgroupAttachStorm& storm, Worker& worker) {
  constexpr std::uint64_t work_of_child = 256;
  constexpr int most_unreaped = 64;
  Nests nests(worker, storm.nests().get());
  const std::size_t away = nests.after(nests.home());
  const bool automatic = storm.reap == ir::Reap::automatic;
  if (automatic) ::signal(SIGCHLD, SIG_IGN);
  for (int children = 0; !worker.stopping();) {
    const pid_t child = ::fork();
    if (child < 0) worker.fail_errno("fork");
    if (child == 0) {
      worker.spin(work_of_child);
      ::_exit(0);
    }
    worker.iterate(nests.move(child, away) ? 1 : 0);
    // Where the kernel removes children, a wait ends when it has removed all.
    if (!automatic && !reap(child, worker)) return;
    if (automatic && ++children % most_unreaped == 0 && !reap(-1, worker)) return;
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
