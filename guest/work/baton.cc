// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/baton.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

#include "guest/futex.h"

namespace ktstr::guest {

Baton::Baton(Worker& worker, Begin begin, ir::ChainWake wake, std::size_t latency)
    : worker_(worker),
      wake_(wake),
      latency_(latency),
      next_((worker.index() + 1) % worker.group().size()),
      has_(begin == Begin::all || worker.index() == 0),
      passed_(worker.checkpoint()) {}

bool Baton::take() {
  if (std::exchange(has_, false)) return !worker_.stopping();
  worker_.begin_wait();
  if (!(wake_ == ir::ChainWake::pipe ? await_byte() : await_word())) return false;
  // One that lay there already woke nobody.
  worker_.settle_wait(passed_, Nanos(worker_.self().woken_at.load(std::memory_order_relaxed)),
                      latency_);
  return true;
}

bool Baton::await_byte() {
  const int fd = worker_.group().channel(worker_.index()).read;
  char byte;
  ssize_t got;
  while ((got = ::read(fd, &byte, 1)) < 0 && errno == EINTR)
    if (worker_.stopping()) return false;
  if (got != 1) worker_.fail_errno("read from the own pipe");
  return !worker_.stopping();
}

bool Baton::await_word() {
  std::atomic<std::uint32_t>& word = worker_.self().word;
  while (word.load(std::memory_order_acquire) == 0) {
    futex_wait(word, 0);
    if (worker_.stopping()) return false;
  }
  word.store(0, std::memory_order_relaxed);
  return !worker_.stopping();
}

void Baton::pass() {
  passed_ = worker_.checkpoint();
  Peer& next = worker_.group().peer(next_);
  next.woken_at.store(passed_.count(), std::memory_order_relaxed);
  if (wake_ == ir::ChainWake::futex) {
    next.word.store(1, std::memory_order_release);
    futex_wake(next.word, 1);
    return;
  }
  const char byte = 'k';
  while (::write(worker_.group().channel(next_).write, &byte, 1) != 1) {
    if (errno != EINTR) worker_.fail_errno("write to the next one's pipe");
    if (worker_.stopping()) return;
  }
}

}  // namespace ktstr::guest
