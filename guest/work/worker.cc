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

}  // namespace

void note_used(Slab& slab, int cpu) {
  if (cpu < 0 || static_cast<std::uint32_t>(cpu) >= topology::CpuSet::limit) return;
  std::atomic<std::uint64_t>& word = slab.cpus[static_cast<std::size_t>(cpu) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (cpu % 64);
  if ((word.load(relaxed) & bit) == 0) word.fetch_or(bit, relaxed);
}

Worker::Worker(const Group& group, std::size_t index, Surroundings surroundings)
    : group_(group),
      index_(index),
      slab_(group.slab(index)),
      surroundings_(std::move(surroundings)),
      last_cpu_(::sched_getcpu()) {
  arm(monotonic_now());
}

void Worker::record(std::size_t distribution, Nanos value) {
  slab_.record(distribution, static_cast<std::uint64_t>(std::max(value, Nanos(0)).count()));
}

Nanos Worker::frozen_time() const {
  return Nanos(slab_.frozen.load(relaxed));
}

void Worker::spin(std::uint64_t units) {
  constexpr int steps_per_unit = 16;
  std::uint64_t state = units;
  for (std::uint64_t unit = 0; unit < units; ++unit)
    for (int step = 0; step < steps_per_unit; ++step) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      asm volatile("" : "+r"(state));  // Each step really happens, one after the other.
    }
  relax();
}

std::uint64_t Worker::spin_for(Nanos time) {
  constexpr std::uint64_t units_between_looks = 128;
  const Nanos end = checkpoint() + time;
  std::uint64_t units = 0;
  do {
    spin(units_between_looks);
    units += units_between_looks;
  } while (checkpoint() < end && !stopping());
  return units;
}

void Worker::relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void Worker::arm(Nanos at) {
  slab_.armed_frozen.store(slab_.frozen.load(relaxed), relaxed);
  slab_.armed_at.store(at.count(), relaxed);
}

void Worker::note_cpu() {
  const int cpu = ::sched_getcpu();
  if (cpu != last_cpu_) count(slot(ir::metric("migrations")), 1);
  last_cpu_ = cpu;
  note_used(slab_, cpu);
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

Nanos Worker::end_wait(Nanos due, std::size_t latency) {
  const bool was_frozen = slab_.frozen.load(relaxed) != slab_.armed_frozen.load(relaxed);
  slab_.armed_at.store(due.count(), relaxed);
  const Nanos now = checkpoint();
  if (!was_frozen) record(latency, now - due);
  return now;
}

void Worker::cancel_wait() {
  arm(monotonic_now());
}

void Worker::settle_wait(Nanos since, Nanos due, std::size_t latency) {
  if (due > since)
    end_wait(due, latency);
  else
    cancel_wait();
}

void Worker::sleep_until(Nanos due, std::size_t latency) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
  const timespec until{seconds.count(), (due - seconds).count()};
  begin_wait(due);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR)
    if (stopping()) return;
  end_wait(due, latency);
}

void Worker::rest() {
  begin_wait();
  while (!stopping()) ::pause();
}

void Worker::fail_errno(std::string what) {
  const int code = errno;
  fail(describe(Error{std::move(what), code, {}}));
}

void give_up(Slab& slab, std::string_view why) {
  why.copy(slab.error.data(), slab.error.size() - 1);
  ::_exit(1);
}

}  // namespace ktstr::guest
