// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/threads.h"

#include <system_error>
#include <thread>

#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "guest/affinity.h"

namespace ktstr::guest {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
using Word = std::atomic_ref<unsigned long long>;

/// Slab::record for several writers.
void record_shared(Slab& slab, std::size_t distribution, std::uint64_t value) {
  ktstr_histogram& histogram = slab.histograms[distribution];
  const Word minimum(histogram.minimum), maximum(histogram.maximum);
  for (auto old = minimum.load(relaxed);
       (old == 0 || value < old) && !minimum.compare_exchange_weak(old, value, relaxed);) {
  }
  for (auto old = maximum.load(relaxed);
       value > old && !maximum.compare_exchange_weak(old, value, relaxed);) {
  }
  Word(histogram.sum).fetch_add(value, relaxed);
  Word(histogram.count).fetch_add(1, relaxed);
  Word(histogram.buckets[ktstr_histogram_index(value)]).fetch_add(1, relaxed);
  if (!slab.has_recorded(distribution)) slab.recorded.fetch_or(1U << distribution);
}

}  // namespace

void WorkerThread::iterate(std::uint64_t units) {
  slab_.counters[slot(ir::metric("iterations"))].fetch_add(1, relaxed);
  slab_.counters[slot(ir::metric("work_units"))].fetch_add(units, relaxed);
}

void WorkerThread::record(std::size_t distribution, Nanos value) {
  if (slab_.frozen.load(relaxed) == frozen_)
    record_shared(slab_, distribution,
                  static_cast<std::uint64_t>(std::max(value, Nanos(0)).count()));
}

Nanos WorkerThread::begin() {
  const int cpu = ::sched_getcpu();
  if (cpu != last_cpu_ && last_cpu_ >= 0)
    slab_.counters[slot(ir::metric("migrations"))].fetch_add(1, relaxed);
  last_cpu_ = cpu;
  note_used(slab_, cpu);
  frozen_ = slab_.frozen.load(relaxed);
  return monotonic_now();
}

void start_thread(Worker& worker, std::function<void(WorkerThread&)> body) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([&worker, body = std::move(body)] {
      WorkerThread thread(worker);
      body(thread);
    }).detach();
  } catch (const std::system_error&) {
    worker.fail("start a thread");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::size_t usable_cpus(Worker& worker) {
  const Result<topology::CpuSet> cpus = bound_cpus(0);
  if (!cpus) worker.fail(describe(cpus.error()));
  return cpus->count();
}

void wait_for_stop(Worker& worker) {
  worker.rest();
  ::_exit(0);
}

void sleep_thread_until(Nanos due) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
  const timespec until{seconds.count(), (due - seconds).count()};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

}  // namespace ktstr::guest
