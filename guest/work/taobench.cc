// SPDX-License-Identifier: GPL-2.0-only
#include <condition_variable>
#include <new>
#include <optional>
#include <random>

#include "guest/futex.h"
#include "guest/work/threads.h"
#include "guest/work/value_cache.h"
#include "ir/work/bench.h"

namespace ktstr::guest {
namespace {

struct Fetch {
  std::uint64_t key = 0;
  std::atomic<std::uint32_t> done = 0;
  std::atomic<std::int64_t> done_at = 0;
};

/// Fetches that wait for a slow thread, first come first served.
class FetchQueue {
 public:
  void push(Fetch& fetch) {
    {
      const std::lock_guard lock(lock_);
      queue_.push_back(&fetch);
    }
    some_.notify_one();
  }
  Fetch& pop() {
    std::unique_lock lock(lock_);
    some_.wait(lock, [this] { return !queue_.empty(); });
    Fetch& first = *queue_.front();
    queue_.pop_front();
    return first;
  }

 private:
  std::mutex lock_;
  std::condition_variable some_;
  std::deque<Fetch*> queue_;
};

[[noreturn]] void serve_fetches(FetchQueue& queue, ValueCache& cache, Nanos sleep) {
  while (true) {
    Fetch& fetch = queue.pop();
    if (sleep > Nanos(0)) sleep_thread_until(monotonic_now() + sleep);
    cache.put(fetch.key);
    fetch.done_at.store(monotonic_now().count(), std::memory_order_relaxed);
    fetch.done.store(1, std::memory_order_release);
    futex_wake(fetch.done, 1);
  }
}

/// `gap` is from one request to the next, or 0.
[[noreturn]] void ask(FetchQueue& queue, ValueCache& cache, Nanos gap, std::uint64_t seed,
                      WorkerThread& thread) {
  std::mt19937_64 random(seed);
  Fetch fetch;
  for (Nanos due = monotonic_now();; due += gap) {
    if (gap > Nanos(0)) sleep_thread_until(due);
    const Nanos begun = gap > Nanos(0) ? (thread.begin(), due) : thread.begin();
    fetch.key = random() % cache.keys();
    const bool hit = cache.get(fetch.key);
    if (!hit) {
      fetch.done.store(0, std::memory_order_relaxed);
      queue.push(fetch);
      while (fetch.done.load(std::memory_order_acquire) == 0) futex_wait(fetch.done, 0);
      thread.record(slot(ir::metric("wake_latency")),
                    monotonic_now() - Nanos(fetch.done_at.load(std::memory_order_relaxed)));
    }
    thread.record(slot(ir::metric("request_latency")), monotonic_now() - begun);
    thread.iterate(hit ? 1 : 0);
  }
}

}  // namespace

template <>
void run_work(const ir::Taobench& bench, Worker& worker) {
  auto clients = static_cast<std::size_t>(bench.client_threads.get());
  if (clients == 0) clients = usable_cpus(worker);
  auto slow = static_cast<std::size_t>(bench.slow_threads.get());
  if (slow == 0) slow = std::max<std::size_t>(1, clients / 3);
  const std::int64_t rate = bench.arrivals_per_second.get();
  const Nanos gap = rate == 0 ? Nanos(0) : Nanos(1s) * static_cast<std::int64_t>(clients) / rate;
  std::optional<ValueCache> cache;
  try {
    cache.emplace(bench.cache_capacity, bench.hit_share.fraction);
  } catch (const std::bad_alloc&) {
    worker.fail("allocate the cache");
  }
  FetchQueue queue;
  for (std::size_t i = 0; i < slow; ++i)
    start_thread(worker,
                 [&](WorkerThread&) { serve_fetches(queue, *cache, bench.slow_path_sleep); });
  for (std::size_t i = 0; i < clients; ++i)
    start_thread(worker, [&, seed = spread(worker.surroundings().seed + i)](WorkerThread& thread) {
      ask(queue, *cache, gap, seed, thread);
    });
  wait_for_stop(worker);
}

}  // namespace ktstr::guest
