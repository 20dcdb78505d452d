// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>

#include "guest/futex.h"
#include "guest/work/lock.h"

namespace ktstr::guest {
namespace {

using Imbalance = ir::ProducerConsumerImbalance;

/// Time that goes on only while the group is not frozen, for requests that outlive a freeze.
Nanos thawed_now(const Worker& worker) {
  return monotonic_now() - worker.frozen_time();
}

/// The group's queue: of each item it holds when it was put, by thawed_now.
struct Items {
  Lock::State lock;
  std::atomic<std::uint32_t> count;  ///< A futex word: whoever waits, waits for it to change.
  std::atomic<std::int64_t> put_at;  ///< Of the last item.
  std::atomic<std::int64_t> taken_at;
  std::uint32_t first;
  std::array<std::int64_t, Imbalance::deepest_queue> times;
};

class Queue {
 public:
  Queue(Worker& worker, std::uint32_t depth)
      : worker_(worker),
        items_(worker.group().shared<Items>()),
        lock_(worker, items_.lock, ir::PiMode::plain),
        depth_(depth) {}

  /// False when the worker is to stop.
  bool put() {
    if (!lock_when_not(depth_, items_.taken_at)) return false;
    const std::uint32_t count = items_.count.load(std::memory_order_relaxed);
    items_.times[(items_.first + count) % depth_] = thawed_now(worker_).count();
    items_.put_at.store(monotonic_now().count(), std::memory_order_relaxed);
    items_.count.store(count + 1, std::memory_order_release);
    lock_.release();
    futex_wake(items_.count, 1);
    return true;
  }

  /// When the item that is taken was put, by thawed_now; nothing when the worker is to stop.
  std::optional<Nanos> take() {
    if (!lock_when_not(0, items_.put_at)) return std::nullopt;
    const std::uint32_t count = items_.count.load(std::memory_order_relaxed);
    const Nanos put(items_.times[items_.first]);
    items_.first = (items_.first + 1) % depth_;
    items_.taken_at.store(monotonic_now().count(), std::memory_order_relaxed);
    items_.count.store(count - 1, std::memory_order_release);
    lock_.release();
    if (count == depth_) futex_wake(items_.count, INT_MAX);
    return put;
  }

 private:
  /// Takes the lock while there is another number of items than this one, waiting for `change`.
  bool lock_when_not(std::uint32_t number, const std::atomic<std::int64_t>& change) {
    while (true) {
      const Nanos since = worker_.checkpoint();
      worker_.begin_wait();
      while (items_.count.load(std::memory_order_acquire) == number) {
        futex_wait(items_.count, number);
        if (worker_.stopping()) return false;
      }
      worker_.settle_wait(since, Nanos(change.load(std::memory_order_relaxed)));
      if (!lock_.take()) return false;
      if (items_.count.load(std::memory_order_relaxed) != number) return true;
      lock_.release();
    }
  }

  Worker& worker_;
  Items& items_;
  Lock lock_;
  std::uint32_t depth_;
};

void produce(Nanos interval, Queue& queue, Worker& worker) {
  Nanos due = worker.checkpoint();
  while (!worker.stopping()) {
    due = std::max(due + interval, worker.checkpoint());
    worker.sleep_until(due);
    if (!queue.put()) return;
    worker.iterate(1);
  }
}

void consume(std::uint64_t units, Queue& queue, Worker& worker) {
  while (const std::optional<Nanos> put = queue.take()) {
    worker.spin(units);
    worker.record(slot(ir::metric("request_latency")), thawed_now(worker) - *put);
    worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace

template <>
void run_work(const Imbalance& imbalance, Worker& worker) {
  Queue queue(worker, natural(imbalance.queue_depth));
  if (worker.index() < natural(imbalance.producers))
    produce(imbalance.interval, queue, worker);
  else
    consume(natural(imbalance.consume_iters), queue, worker);
}

}  // namespace ktstr::guest
