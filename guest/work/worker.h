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

#include <span>
#include <string_view>

#include "base/clock.h"
#include "guest/slab.h"

namespace ktstr::guest {

/// The pipe of one member of a group: the others write, it reads.
struct PipeEnds {
  int read = -1;
  int write = -1;
};

/// Ends the process; the text becomes the error of the worker's report.
[[noreturn]] void give_up(Slab& slab, std::string_view why);

class Worker {
 public:
  /// `group` holds the slabs of the group's members in order, this worker's at `index`; `pipes` as
  /// many pipes, or none in a group of one.
  Worker(std::span<Slab* const> group, std::size_t index, std::span<const PipeEnds> pipes);

  [[nodiscard]] bool stopping() const { return slab_.stop.load(std::memory_order_relaxed) != 0; }

  /// One turn of the loop that did this many units of work.
  void iterate(std::uint64_t units) {
    add(slot(ir::metric("iterations")), 1);
    add(slot(ir::metric("work_units")), units);
  }
  /// Burns CPU: a unit is a fixed number of dependent instructions, some tens of nanoseconds.
  void spin(std::uint64_t units);
  /// Notes the time since the last checkpoint and the CPU; gives the time.
  Nanos checkpoint();

  /// Before blocking on purpose until `until`, or for as long as it takes: this time is no gap.
  void begin_wait(Nanos until = Nanos(waiting));
  /// After it: a checkpoint, the gap beginning at `due`, when the wait was over in principle.
  /// Unless the worker was frozen meanwhile, `now - due` is recorded as wake latency.
  Nanos end_wait(Nanos due);
  /// After a wait that turned out not to be one, or was interrupted.
  void cancel_wait();
  void sleep(Nanos length);

  [[noreturn]] void fail(std::string_view what) { give_up(slab_, what); }

  [[nodiscard]] Slab& slab() { return slab_; }
  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] Slab& member(std::size_t index) { return *group_[index]; }
  [[nodiscard]] const PipeEnds& pipe(std::size_t index) const { return pipes_[index]; }

 private:
  void add(std::size_t counter, std::uint64_t value) {
    std::atomic<std::uint64_t>& word = slab_.counters[counter];
    word.store(word.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
  void arm(Nanos at);
  void note_cpu();
  void note_gap(Nanos now);

  Slab& slab_;
  std::span<Slab* const> group_;
  std::size_t index_;
  std::span<const PipeEnds> pipes_;
  int last_cpu_;
};

/// The body of a work type.
template <class Work>
void run_work(const Work& work, Worker& worker);

}  // namespace ktstr::guest
