// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/worker.h"

#include <algorithm>
#include <cerrno>

#include <sched.h>
#include <time.h>
#include <unistd.h>

namespace ktstr::guest {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

Worker::Worker(std::span<Slab* const> group, std::size_t index, std::span<const PipeEnds> pipes)
    : slab_(*group[index]),
      group_(group),
      index_(index),
      pipes_(pipes),
      last_cpu_(::sched_getcpu()) {
  arm(monotonic_now());
}

void Worker::spin(std::uint64_t units) {
  constexpr int steps_per_unit = 16;
  std::uint64_t state = units;
  for (std::uint64_t unit = 0; unit < units; ++unit)
    for (int step = 0; step < steps_per_unit; ++step) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      asm volatile("" : "+r"(state));  // Each step really happens, one after the other.
    }
  cpu_relax();
}

void Worker::arm(Nanos at) {
  slab_.armed_frozen.store(slab_.frozen.load(relaxed), relaxed);
  slab_.armed_at.store(at.count(), relaxed);
}

void Worker::note_cpu() {
  const int cpu = ::sched_getcpu();
  if (cpu != last_cpu_) add(slot(ir::metric("migrations")), 1);
  last_cpu_ = cpu;
  if (cpu < 0 || static_cast<std::uint32_t>(cpu) >= topology::CpuSet::limit) return;
  std::atomic<std::uint64_t>& word = slab_.cpus[static_cast<std::size_t>(cpu) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (cpu % 64);
  if ((word.load(relaxed) & bit) == 0) word.fetch_or(bit, relaxed);
}

void Worker::note_gap(Nanos now) {
  // Init stores the number of a phase last, so that the other words are not older than it.
  const std::uint64_t phase = slab_.phase.load(std::memory_order_acquire);
  std::int64_t from = slab_.armed_at.load(relaxed);
  std::int64_t frozen = slab_.armed_frozen.load(relaxed);
  if (const std::int64_t begin = slab_.phase_begin.load(relaxed); begin > from) {
    from = begin;
    frozen = slab_.phase_frozen.load(relaxed);
  }
  const std::int64_t gap =
      std::max<std::int64_t>(0, now.count() - from - (slab_.frozen.load(relaxed) - frozen));
  std::atomic<std::uint64_t>& word = slab_.maxima[slot(ir::metric("max_gap"))];
  const std::uint64_t old = word.load(relaxed);
  if (old >> 48 != (phase & 0xFFFF) || gap > TaggedMaximum::of(old, phase))
    word.store(TaggedMaximum::make(phase, gap), relaxed);
}

Nanos Worker::checkpoint() {
  const Nanos now = monotonic_now();
  note_gap(now);
  note_cpu();
  arm(now);
  return now;
}

void Worker::begin_wait(Nanos until) {
  arm(until);
}

Nanos Worker::end_wait(Nanos due) {
  const bool was_frozen = slab_.frozen.load(relaxed) != slab_.armed_frozen.load(relaxed);
  slab_.armed_at.store(due.count(), relaxed);
  const Nanos now = checkpoint();
  if (!was_frozen)
    ktstr_histogram_record(&slab_.histograms[slot(ir::metric("wake_latency"))],
                           static_cast<std::uint64_t>(std::max(now - due, Nanos(0)).count()));
  return now;
}

void Worker::cancel_wait() {
  arm(monotonic_now());
}

void Worker::sleep(Nanos length) {
  const Nanos due = checkpoint() + length;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
  const timespec until{seconds.count(), (due - seconds).count()};
  begin_wait(due);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR)
    if (stopping()) return;
  end_wait(due);
}

void give_up(Slab& slab, std::string_view why) {
  why.copy(slab.error.data(), slab.error.size() - 1);
  ::_exit(1);
}

}  // namespace ktstr::guest
