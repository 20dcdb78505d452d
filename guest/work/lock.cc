// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/lock.h"

#include <algorithm>
#include <cerrno>

#include <signal.h>
#include <unistd.h>

#include "guest/futex.h"
#include "guest/launch.h"

namespace ktstr::guest {
namespace {

/// Words of a plain lock.
constexpr std::uint32_t unlocked = 0, locked = 1, awaited = 2;

/// The kernel begins FUTEX_LOCK_PI anew after any signal, so a worker that waits in it can only be
/// stopped by leaving from the handler.
thread_local volatile sig_atomic_t in_lock_pi = 0;

void leave_lock_pi(int) {
  if (in_lock_pi != 0) ::_exit(0);
}

long futex_pi(std::atomic<std::uint32_t>& word, int operation) {
  return ::syscall(SYS_futex, &word, operation, 0, nullptr, nullptr, 0);
}

}  // namespace

Lock::Lock(Worker& worker, State& state, ir::PiMode mode)
    : worker_(worker),
      state_(state),
      mode_(mode),
      held_(mode == ir::PiMode::pi ? static_cast<std::uint32_t>(::gettid()) : locked) {
  if (mode != ir::PiMode::pi) return;
  struct sigaction leave {};
  leave.sa_handler = leave_lock_pi;
  ::sigaction(stop_signal, &leave, nullptr);
}

bool Lock::take() {
  const Nanos asked = worker_.checkpoint(), frozen = worker_.frozen_time();
  std::uint32_t expected = unlocked;
  if (state_.word.compare_exchange_strong(expected, held_, std::memory_order_acquire)) return true;
  worker_.begin_wait();
  if (!(mode_ == ir::PiMode::pi ? wait_pi() : wait_plain())) return false;
  if (worker_.frozen_time() == frozen)
    worker_.record(slot(ir::metric("lock_wait")), monotonic_now() - asked);
  worker_.end_wait(std::max(asked, Nanos(state_.released_at.load(std::memory_order_relaxed))));
  return true;
}

bool Lock::wait_plain() {
  while (state_.word.exchange(awaited, std::memory_order_acquire) != unlocked) {
    futex_wait(state_.word, awaited);
    if (!worker_.stopping()) continue;
    futex_wake(state_.word, 1);  // It may have been this worker's turn.
    return false;
  }
  return true;
}

bool Lock::wait_pi() {
  in_lock_pi = 1;
  bool taken = false;
  do taken = !worker_.stopping() && futex_pi(state_.word, FUTEX_LOCK_PI) == 0;
  while (!taken && !worker_.stopping() && errno == EAGAIN);
  in_lock_pi = 0;
  if (!taken && !worker_.stopping()) worker_.fail_errno("take the lock by FUTEX_LOCK_PI");
  return taken;
}

void Lock::release() {
  state_.released_at.store(worker_.checkpoint().count(), std::memory_order_relaxed);
  if (mode_ == ir::PiMode::plain) {
    if (state_.word.exchange(unlocked, std::memory_order_release) == awaited)
      futex_wake(state_.word, 1);
    return;
  }
  std::uint32_t expected = held_;
  if (!state_.word.compare_exchange_strong(expected, unlocked, std::memory_order_release) &&
      futex_pi(state_.word, FUTEX_UNLOCK_PI) != 0)
    worker_.fail_errno("release the lock");
}

}  // namespace ktstr::guest
