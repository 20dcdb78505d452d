// SPDX-License-Identifier: GPL-2.0-only
#include "guest/launch.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sys/prctl.h>

#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "guest/futex.h"
#include "guest/mem_policy.h"

namespace ktstr::guest {
namespace {

static_assert(stop_signal == SIGUSR1);

/// Closes everything of init's but the three standard streams and what the groups share.
void close_others(std::span<const Seat> seats) {
  std::vector<unsigned> kept;
  const Group* before = nullptr;
  for (const Seat& seat : seats)
    if (const Group* group = &seat.group; std::exchange(before, group) != group)
      for (const int fd : group->descriptors()) kept.push_back(static_cast<unsigned>(fd));
  std::ranges::sort(kept);
  unsigned from = 3;
  for (const unsigned fd : kept) {
    if (fd > from) ::close_range(from, fd - 1, 0);
    from = fd + 1;
  }
  ::close_range(from, ~0U, 0);
}

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

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
}

void set_name(const std::string& name) {
  ::prctl(PR_SET_NAME, name.c_str());
}

/// The user and group, for all threads to come.
Status take_identity(const ir::WorkGroup& group) {
  if (group.gid &&
      (::setgroups(0, nullptr) != 0 || ::setresgid(*group.gid, *group.gid, *group.gid) != 0))
    return fail_errno("run as group " + std::to_string(*group.gid));
  if (group.uid && ::setresuid(*group.uid, *group.uid, *group.uid) != 0)
    return fail_errno("run as user " + std::to_string(*group.uid));
  return {};
}

void work(const Start& start, const Seat& seat) {
  Slab& slab = seat.slab();
  seat.group.peer(seat.index).tid.store(::gettid(), std::memory_order_release);
  slab.tid.store(::gettid(), std::memory_order_release);
  while (true) {
    const std::uint32_t open = start.gate.load(std::memory_order_acquire);
    if (open >= start.batch || slab.stop.load(std::memory_order_relaxed) != 0) break;
    futex_wait(start.gate, open);
  }
  // Which nodes it may use is known now that it is in its cgroup.
  if (start.group.mem_policy)
    if (const Status set = apply_mem_policy(*start.group.mem_policy); !set)
      give_up(slab, describe(set.error()));
  Worker worker(seat.group, seat.index, seat.surroundings);
  std::visit([&](const auto& type) { run_work(type, worker); }, *start.group.work);
}

struct Thread {
  const Start& start;
  const Seat& seat;
  pthread_t handle{};
};

void* run_thread(void* argument) {
  const auto& thread = *static_cast<const Thread*>(argument);
  if (thread.start.group.clone == ir::Clone::leader)
    set_name(std::string(ir::name_of(*thread.start.group.work)));
  work(thread.start, thread.seat);
  return nullptr;
}

/// The first seat is this thread's, unless it leads.
void work_as_threads(const Start& start) {
  const bool leads = start.group.clone == ir::Clone::leader;
  const std::span<const Seat> others = start.seats.subspan(leads ? 0 : 1);
  std::vector<Thread> threads;
  threads.reserve(others.size());
  for (const Seat& seat : others) {
    Thread& thread = threads.emplace_back(Thread{start, seat});
    if (::pthread_create(&thread.handle, nullptr, run_thread, &thread) != 0)
      give_up(seat.slab(), "start a thread");
  }
  if (!leads) work(start, start.seats[0]);
  for (const Thread& thread : threads) ::pthread_join(thread.handle, nullptr);
}

[[noreturn]] void become_process(const Start& start, pid_t parent) {
  const ir::WorkGroup& group = start.group;
  die_with(parent);
  ::setpgid(0, 0);
  take_signals();
  close_others(start.seats);
  ::prctl(PR_SET_TIMERSLACK, 1);
  set_name(group.comm.value_or(std::string(ir::name_of(*group.work))));
  if (const Status taken = take_identity(group); !taken)
    give_up(start.seats[0].slab(), describe(taken.error()));
  die_with(parent);  // The kernel forgets it with the user.
  if (group.clone.value_or(ir::Clone::fork) == ir::Clone::fork)
    work(start, start.seats[0]);
  else
    work_as_threads(start);
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
  if (pid == 0) become_process(start, parent);
  const int code = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_code(code, "fork a worker");
  ::setpgid(pid, pid);  // The child does the same; whoever is first.
  return pid;
}

}  // namespace ktstr::guest
