// SPDX-License-Identifier: GPL-2.0-only
// Each message thread has a list of worker threads that wait, without a lock and last come first
// (a Treiber stack that is only ever emptied whole).
#include <deque>
#include <memory>
#include <mutex>

#include <sched.h>

#include "guest/futex.h"
#include "guest/work/matrices.h"
#include "guest/work/threads.h"
#include "ir/work/bench.h"

namespace ktstr::guest {
namespace {

struct Waiter {
  std::atomic<std::uint32_t> woken = 0;
  std::atomic<std::int64_t> woken_at = 0;
  Waiter* next = nullptr;
};

class WaitList {
 public:
  /// Blocks until the message thread has woken the waiter; gives when it did.
  Nanos wait(Waiter& waiter) {
    waiter.woken.store(0, std::memory_order_relaxed);
    waiter.next = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(waiter.next, &waiter)) {
    }
    posted_.store(1);
    futex_wake(posted_, 1);
    while (waiter.woken.load(std::memory_order_acquire) == 0) futex_wait(waiter.woken, 0);
    return Nanos(waiter.woken_at.load(std::memory_order_relaxed));
  }

  /// All who wait; blocks until there is one.
  Waiter* take() {
    while (true) {
      if (Waiter* const all = head_.exchange(nullptr)) return all;
      posted_.store(0);
      if (head_.load() == nullptr) futex_wait(posted_, 0);
    }
  }

 private:
  std::atomic<Waiter*> head_ = nullptr;
  std::atomic<std::uint32_t> posted_ = 0;
};

class CpuLocks {
 public:
  /// That of the CPU the caller is on.
  std::unique_lock<std::mutex> take() {
    while (true) {
      const int cpu = std::max(::sched_getcpu(), 0);
      std::unique_lock lock(locks_[static_cast<std::size_t>(cpu) % topology::CpuSet::limit]);
      if (::sched_getcpu() == cpu) return lock;
    }
  }

 private:
  std::unique_ptr<std::mutex[]> locks_ = std::make_unique<std::mutex[]>(topology::CpuSet::limit);
};

/// Wakes whoever waits; with a gap, one at a time and so far apart.
[[noreturn]] void be_messenger(WaitList& list, Nanos gap) {
  for (Nanos due = monotonic_now();;) {
    for (Waiter *each = list.take(), *next; each != nullptr; each = next) {
      if (gap > Nanos(0)) {
        due = std::max(due + gap, monotonic_now());
        sleep_thread_until(due);
      }
      next = each->next;  // Once woken it may wait again.
      each->woken_at.store(monotonic_now().count(), std::memory_order_relaxed);
      each->woken.store(1, std::memory_order_release);
      futex_wake(each->woken, 1);
    }
  }
}

[[noreturn]] void serve_requests(const ir::Schbench& bench, WaitList& list, CpuLocks& locks,
                                 WorkerThread& thread) {
  const std::int64_t operations = bench.operations.get();
  Matrices matrices(bench.cache_footprint);
  Waiter self;
  while (true) {
    thread.begin();
    const Nanos woken = list.wait(self);
    const Nanos now = monotonic_now();
    thread.record(slot(ir::metric("wake_latency")), now - woken);
    if (bench.sleep > Nanos(0)) sleep_thread_until(now + bench.sleep);
    {
      std::unique_lock<std::mutex> lock;
      if (bench.locking) lock = locks.take();
      for (std::int64_t i = 0; i < operations; ++i) matrices.multiply([] { return true; });
    }
    thread.record(slot(ir::metric("request_latency")), monotonic_now() - now);
    thread.iterate(static_cast<std::uint64_t>(operations));
  }
}

}  // namespace

template <>
void run_work(const ir::Schbench& bench, Worker& worker) {
  const auto messengers = static_cast<std::size_t>(bench.message_threads.get());
  auto workers = static_cast<std::size_t>(bench.worker_threads.get());
  if (workers == 0) workers = std::max<std::size_t>(1, usable_cpus(worker) / messengers);
  const std::int64_t rate = bench.requests_per_second.get();
  const Nanos gap = rate == 0 ? Nanos(0) : Nanos(1s) / rate;
  CpuLocks locks;
  std::deque<WaitList> lists(messengers);
  for (WaitList& list : lists) {
    start_thread(worker, [&list, gap](WorkerThread&) { be_messenger(list, gap); });
    for (std::size_t i = 0; i < workers; ++i)
      start_thread(worker,
                   [&](WorkerThread& thread) { serve_requests(bench, list, locks, thread); });
  }
  wait_for_stop(worker);
}

}  // namespace ktstr::guest
