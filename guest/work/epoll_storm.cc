// SPDX-License-Identifier: GPL-2.0-only
// The word of a producer counts the events of its burst that are not taken yet.
#include <array>
#include <cerrno>

#include <sys/epoll.h>

#include <unistd.h>

#include "base/fd.h"
#include "guest/futex.h"
#include "guest/work/worker.h"

namespace ktstr::guest {
namespace {

/// When each producer began its last burst.
struct Bursts {
  std::array<std::atomic<std::int64_t>, 512> begun_at;
};

void produce(std::uint32_t events, Worker& worker) {
  const int fd = worker.group().channel(worker.index()).write;
  std::atomic<std::int64_t>& begun_at = worker.group().shared<Bursts>().begun_at[worker.index()];
  std::atomic<std::uint32_t>& untaken = worker.self().word;
  constexpr std::uint64_t one = 1;
  while (!worker.stopping()) {
    const Nanos begun = worker.checkpoint();
    begun_at.store(begun.count(), std::memory_order_relaxed);
    untaken.store(events, std::memory_order_release);
    for (std::uint32_t i = 0; i < events; ++i)
      if (::write(fd, &one, sizeof one) != sizeof one)
        worker.fail_errno("write to the own eventfd");
    worker.iterate(events);
    const Nanos written = worker.checkpoint();
    worker.begin_wait();
    while (const std::uint32_t left = untaken.load(std::memory_order_acquire)) {
      futex_wait(untaken, left);
      if (worker.stopping()) return;
    }
    worker.settle_wait(written, Nanos(worker.self().woken_at.load(std::memory_order_relaxed)));
  }
}

/// Takes one event of the producer's, if others have left any.
void take_event(std::size_t producer, Worker& worker) {
  std::uint64_t taken;
  if (::read(worker.group().channel(producer).read, &taken, sizeof taken) != sizeof taken) return;
  worker.iterate(1);
  Peer& peer = worker.group().peer(producer);
  peer.woken_at.store(worker.checkpoint().count(), std::memory_order_relaxed);
  if (peer.word.fetch_sub(1, std::memory_order_acq_rel) == 1) futex_wake(peer.word, 1);
}

void consume(std::size_t producers, Worker& worker) {
  const Bursts& bursts = worker.group().shared<Bursts>();
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (std::size_t i = 0; i < producers; ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, worker.group().channel(i).read, &event) != 0)
      worker.fail_errno("watch the eventfds of the producers");
  }
  while (!worker.stopping()) {
    const Nanos since = worker.checkpoint();
    worker.begin_wait();
    epoll_event event;
    const int ready = ::epoll_wait(epoll.get(), &event, 1, -1);
    if (ready < 0 && errno != EINTR) worker.fail_errno("wait for the eventfds of the producers");
    if (ready <= 0) continue;
    const std::size_t producer = event.data.u64;
    worker.settle_wait(since, Nanos(bursts.begun_at[producer].load(std::memory_order_relaxed)));
    take_event(producer, worker);
  }
}

}  // namespace

template <>
void run_work(const ir::EpollStorm& storm, Worker& worker) {
  const std::size_t producers = natural(storm.producers);
  if (worker.index() < producers)
    produce(natural(storm.events_per_burst), worker);
  else
    consume(producers, worker);
}

}  // namespace ktstr::guest
