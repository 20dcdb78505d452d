// SPDX-License-Identifier: GPL-2.0-only
// Threads of one worker, for benchmarks that are processes of several. They count into the worker's
// slab at the same time, by atomic additions. The worker itself only waits until it is to stop, and
// the threads end with its process, so that what they share may stand on its stack.
#pragma once

#include <functional>

#include "guest/work/worker.h"

namespace ktstr::guest {

/// One thread's view of its worker.
class WorkerThread {
 public:
  explicit WorkerThread(Worker& worker) : slab_(worker.slab()) {}

  void iterate(std::uint64_t units);
  /// Adds to a distribution, unless the worker was frozen since `begin`.
  void record(std::size_t distribution, Nanos value);
  /// What is recorded next begins here. Notes the CPU, and gives the time.
  Nanos begin();

 private:
  Slab& slab_;
  int last_cpu_ = -1;
  std::int64_t frozen_ = 0;
};

/// Starts a thread that does not take the worker's signals.
void start_thread(Worker& worker, std::function<void(WorkerThread&)> body);

/// How many CPUs the worker may use.
std::size_t usable_cpus(Worker& worker);

/// Waits until the worker is to stop, and ends its process.
[[noreturn]] void wait_for_stop(Worker& worker);

/// Sleeps to the end, in a thread that is not interrupted.
void sleep_thread_until(Nanos due);

}  // namespace ktstr::guest
