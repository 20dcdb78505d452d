// SPDX-License-Identifier: GPL-2.0-only
// Walks the phases as they are written. What a phase needs, a buffer or a place to write to, is
// there from its first use on.
#include "ir/work/program.h"

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <vector>

#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/futex.h"
#include "guest/work/alu.h"
#include "guest/work/scratch.h"

namespace ktstr::guest {
namespace {

namespace program = ir::program;

class Interpreter {
 public:
  explicit Interpreter(Worker& worker)
      : worker_(worker),
        random_(worker.surroundings().seed),
        seen_(worker.surroundings().wakes_before) {}

  /// Gives how many phases there were; leaves early when the worker is to stop.
  std::uint64_t run(const std::vector<program::Phase>& phases) {
    std::uint64_t done = 0;
    for (const program::Phase& phase : phases) {
      if (worker_.stopping()) break;
      done += std::visit([this](const auto& each) { return perform(each); }, phase);
    }
    return done;
  }

 private:
  std::uint64_t perform(const program::Spin& spin) {
    worker_.spin_for(spin.time);
    return 1;
  }

  std::uint64_t perform(const program::Sleep& sleep) {
    worker_.sleep(sleep.time);
    return 1;
  }

  std::uint64_t perform(const program::Yield& yield) {
    for (std::int64_t i = 0; i < yield.times.get() && !worker_.stopping(); ++i) {
      ::sched_yield();
      worker_.checkpoint();
    }
    return 1;
  }

  std::uint64_t perform(const program::Io& io) {
    if (!scratch_) scratch_ = std::make_unique<Scratch>(worker_);
    scratch_->write_and_sync(scratch_->first() + written_, io.size.count);
    written_ += (io.size.count + Scratch::block - 1) / Scratch::block;
    return 1;
  }

  std::uint64_t perform(const program::Alu& alu) {
    Alu multiplier(worker_, ir::AluWidth::widest);
    const Nanos end = worker_.checkpoint() + alu.time;
    do {
      multiplier.burn();
    } while (worker_.checkpoint() < end && !worker_.stopping());
    return 1;
  }

  std::uint64_t perform(const program::Touch& touch) {
    constexpr std::size_t line = 64, between_checkpoints = 64 * 1024;
    try {
      if (buffer_.size() < touch.size.count) buffer_.resize(touch.size.count);
    } catch (const std::bad_alloc&) {
      worker_.fail("allocate the buffer to touch");
    }
    volatile std::uint8_t* const bytes = buffer_.data();
    for (std::size_t at = 0; at < touch.size.count; at += line) {
      bytes[at] = static_cast<std::uint8_t>(bytes[at] + 1);
      if (at % between_checkpoints == 0) worker_.checkpoint();
    }
    return 1;
  }

  std::uint64_t perform(const program::FutexWait& wait) {
    const auto index = static_cast<std::size_t>(wait.word.get());
    SharedWord& word = worker_.surroundings().words[index];
    worker_.begin_wait();
    bool waited = false;
    while (word.wakes.load(std::memory_order_acquire) == seen_[index]) {
      waited = true;
      futex_wait(word.wakes, seen_[index]);
      if (worker_.stopping()) return 0;
    }
    seen_[index] = word.wakes.load(std::memory_order_acquire);
    if (waited)
      worker_.end_wait(Nanos(word.woken_at.load(std::memory_order_relaxed)));
    else
      worker_.cancel_wait();
    return 1;
  }

  std::uint64_t perform(const program::FutexWake& wake) {
    SharedWord& word = worker_.surroundings().words[static_cast<std::size_t>(wake.word.get())];
    word.woken_at.store(worker_.checkpoint().count(), std::memory_order_relaxed);
    word.wakes.fetch_add(1, std::memory_order_release);
    futex_wake(word.wakes, INT_MAX);
    return 1;
  }

  std::uint64_t perform(const program::Pipe& pipe) {
    if (!pipe_in_) {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) worker_.fail_errno("make a pipe");
      pipe_out_ = Fd(ends[0]);
      pipe_in_ = Fd(ends[1]);
    }
    std::array<char, 4096> piece{};
    for (std::size_t left = pipe.size.count; left > 0 && !worker_.stopping();) {
      const std::size_t part = std::min(left, piece.size());
      // An empty pipe has room for a page, so neither call blocks.
      if (::write(pipe_in_.get(), piece.data(), part) != static_cast<ssize_t>(part) ||
          ::read(pipe_out_.get(), piece.data(), part) != static_cast<ssize_t>(part))
        worker_.fail_errno("pass bytes through a pipe");
      left -= part;
      worker_.checkpoint();
    }
    return 1;
  }

  std::uint64_t perform(const program::Fork& fork) {
    for (std::int64_t i = 0; i < fork.children.get() && !worker_.stopping(); ++i) {
      const pid_t child = ::fork();
      if (child < 0) worker_.fail_errno("fork");
      if (child == 0) ::_exit(0);
      worker_.begin_wait();
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR)
        if (worker_.stopping()) return 0;
      worker_.cancel_wait();
      worker_.checkpoint();
    }
    return 1;
  }

  std::uint64_t perform(const schema::Box<program::Repeat>& repeat) {
    std::uint64_t done = 0;
    for (std::int64_t i = 0; i < repeat->times.get() && !worker_.stopping(); ++i) {
      done += run(repeat->phases);
      worker_.checkpoint();  // Perhaps nothing was chosen.
    }
    return done;
  }

  std::uint64_t perform(const schema::Box<program::Choose>& choose) {
    // std::uniform_real_distribution differs between libraries.
    double left = static_cast<double>(random_() >> 11) * 0x1p-53;
    for (const program::Option& option : choose->options) {
      if (left < option.p.fraction) return run(option.phases);
      left -= option.p.fraction;
    }
    return 0;
  }

  Worker& worker_;
  std::mt19937_64 random_;
  std::array<std::uint32_t, program::futex_words> seen_;  ///< The last wake of each word.
  std::unique_ptr<Scratch> scratch_;
  std::uint64_t written_ = 0;  ///< Blocks.
  std::vector<std::uint8_t> buffer_;
  Fd pipe_in_, pipe_out_;
};

}  // namespace

template <>
void run_work(const ir::ProgramWork& work, Worker& worker) {
  Interpreter interpreter(worker);
  while (!worker.stopping()) {
    worker.iterate(interpreter.run(work.loop));
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
