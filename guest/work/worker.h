// SPDX-License-Identifier: GPL-2.0-only
// Worker: what a work type's body has at hand. A body is a specialisation of `run_work` in
// guest/work/<name>.cc: a loop until `stopping()` that works, calls `iterate`, and takes a
// checkpoint at least every 1024 units and after everything that may have cost it its CPU.
//
//   template <>
//   void run_work(const ir::Mixed&, Worker& worker) {
//     while (!worker.stopping()) { … }
//   }
//
// Init interrupts blocking calls by a signal, again and again while it wants the worker to stop, so
// a body may block without a timeout if it looks at `stopping()` when the call was interrupted.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "guest/group.h"

namespace ktstr::guest {

/// What a worker finds around it.
struct Surroundings {
  std::uint32_t id = 0;         ///< Its number in the run.
  std::uint64_t seed = 0;       ///< Its own for all that is random; the same in each run of a case.
  std::string disk;             ///< A block device it may write to; empty without one.
  std::string cgroup;           ///< The directory of its cgroup.
  std::span<SharedWord> words;  ///< Shared by all workers of the run.
  /// The wakes of each word before the worker was made: later ones are for it, even those that come
  /// before it runs.
  std::array<std::uint32_t, ir::program::futex_words> wakes_before{};
};

/// Ends the process; the text becomes the error of the worker's report.
[[noreturn]] void give_up(Slab& slab, std::string_view why);

class Worker {
 public:
  /// The slot of a distribution that a latency is recorded in.
  static constexpr std::size_t wake_latency = slot(ir::metric("wake_latency"));

  /// The group must outlive the worker.
  Worker(const Group& group, std::size_t index, Surroundings surroundings);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] bool stopping() const { return slab_.stop.load(std::memory_order_relaxed) != 0; }

  /// One turn of the loop that did this many units of work.
  void iterate(std::uint64_t units) {
    count(slot(ir::metric("iterations")), 1);
    count(slot(ir::metric("work_units")), units);
  }
  void count(std::size_t counter, std::uint64_t more) {
    std::atomic<std::uint64_t>& word = slab_.counters[counter];
    word.store(word.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  void record(std::size_t distribution, Nanos value);
  /// How long it was frozen so far; a latency during which this grows says nothing.
  [[nodiscard]] Nanos frozen_time() const;

  /// Burns CPU: a unit is a fixed number of dependent instructions, some tens of nanoseconds.
  static void spin(std::uint64_t units);
  /// Spins for so long, with checkpoints, or until it is to stop; gives the units done.
  std::uint64_t spin_for(Nanos time);
  /// Tells the CPU that this is a loop that waits for another.
  static void relax();
  /// Notes the time since the last checkpoint and the CPU; gives the time.
  Nanos checkpoint();

  /// Before blocking on purpose until `until`, or for as long as it takes: this time is no gap.
  void begin_wait(Nanos until = Nanos(waiting));
  /// After it: a checkpoint, the gap beginning at `due`, when the wait was over in principle.
  /// `now - due` is recorded as the latency, unless the worker was frozen meanwhile.
  Nanos end_wait(Nanos due, std::size_t latency = wake_latency);
  /// After a wait that turned out not to be one, or was interrupted.
  void cancel_wait();
  /// After a wait that began at `since`: whether it was one depends on the event's being later.
  void settle_wait(Nanos since, Nanos due, std::size_t latency = wake_latency);
  void sleep(Nanos length) { sleep_until(checkpoint() + length); }
  void sleep_until(Nanos due, std::size_t latency = wake_latency);
  /// Waits to be stopped.
  void rest();

  [[noreturn]] void fail(std::string_view what) { give_up(slab_, what); }
  /// After a system call that failed: with what errno says of it.
  [[noreturn]] void fail_errno(std::string what);

  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
  /// Of the workers that act together, this one's number and what they share.
  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] const Group& group() const { return group_; }
  [[nodiscard]] Slab& slab() { return slab_; }
  [[nodiscard]] Peer& self() { return group_.peer(index_); }

 private:
  void arm(Nanos at);
  void note_cpu();
  void note_gap(Nanos now);

  const Group& group_;
  std::size_t index_;
  Slab& slab_;
  const Surroundings surroundings_;
  int last_cpu_;
};

/// Numbers without a pattern from consecutive ones (the finaliser of splitmix64).
constexpr std::uint64_t spread(std::uint64_t value) {
  value = (value + 1) * 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

/// Notes that the worker was seen on a CPU; its threads may do so too.
void note_used(Slab& slab, int cpu);

/// The body of a work type.
template <class Work>
void run_work(const Work& work, Worker& worker);

}  // namespace ktstr::guest
