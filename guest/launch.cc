// SPDX-License-Identifier: GPL-2.0-only
#include "guest/launch.h"

#include <string>
#include <variant>

#include <sys/prctl.h>

#include <signal.h>
#include <unistd.h>

#include "guest/futex.h"

namespace ktstr::guest {
namespace {

static_assert(stop_signal == SIGUSR1);

void take_signals() {
  struct sigaction interrupt {};
  interrupt.sa_handler = [](int) {};
  ::sigaction(stop_signal, &interrupt, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGUSR2, SIG_IGN);  // Of a partner, for which the work may not be ready yet.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_worker(const Start& start, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  ::setpgid(0, 0);
  take_signals();
  start.group.close_others();
  ::prctl(PR_SET_TIMERSLACK, 1);
  ::prctl(PR_SET_NAME, std::string(ir::name_of(start.work)).c_str());

  const std::atomic<std::uint32_t>& stop = start.group.slab(start.index).stop;
  while (true) {
    const std::uint32_t open = start.gate.load(std::memory_order_acquire);
    if (open >= start.batch || stop.load(std::memory_order_relaxed) != 0) break;
    futex_wait(start.gate, open);
  }
  Worker worker(start.group, start.index, start.surroundings);
  std::visit([&](const auto& work) { run_work(work, worker); }, start.work);
  ::_exit(0);
}

}  // namespace

Result<pid_t> launch(const Start& start) {
  // A stop signal that comes before its handler waits.
  sigset_t stop, before;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, stop_signal);
  ::sigprocmask(SIG_BLOCK, &stop, &before);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_worker(start, parent);
  const int code = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_code(code, "fork a worker");
  ::setpgid(pid, pid);  // The child does the same; whoever is first.
  return pid;
}

}  // namespace ktstr::guest
