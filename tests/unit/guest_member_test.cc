// SPDX-License-Identifier: GPL-2.0-only
// A worker's checkpoints and init's readings of them, in one process and with times made up.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "guest/arena.h"
#include "guest/member.h"
#include "guest/work/worker.h"

namespace {

using namespace ktstr;
using namespace ktstr::guest;
using ir::metric;

constexpr auto relaxed = std::memory_order_relaxed;

std::int64_t value_of(const ir::Slice& slice, ir::MetricId id) {
  for (const ir::MetricValue& value : slice.values)
    if (value.metric == id.row) return value.value;
  return -1;
}

struct Fixture {
  std::unique_ptr<Slab> slab = std::make_unique<Slab>();
  Group group = Group::make(ir::Spin{}, {slab.get()}).value();
  Member member{ir::WorkerInfo{.id = 7}, *slab, Meter::of({::getpid(), ::getpid()}).value()};

  void checkpoint_at(Nanos armed, Nanos gap_seen) {
    // What Worker::checkpoint does at `armed`, for a clock that we do not have to wait for.
    slab->maxima[0].store(TaggedMaximum::make(slab->phase.load(), gap_seen.count()), relaxed);
    slab->armed_at.store(armed.count(), relaxed);
    slab->armed_frozen.store(slab->frozen.load(), relaxed);
  }
  const ir::Slice& close(Nanos now) {
    member.close_phase(now);
    return member.report().slices.back();
  }
};

TEST_CASE("a slab has room for what workers measure, and each metric its slot") {
  CHECK(counter_rows.size() == 5);
  CHECK(counter_rows[slot(metric("migrations"))] == metric("migrations"));
  CHECK(maximum_rows[slot(metric("max_gap"))] == metric("max_gap"));
  CHECK(distribution_rows[slot(metric("wake_latency"))] == metric("wake_latency"));
}

TEST_CASE_METHOD(Fixture, "a phase's counters are what they grew by within it") {
  member.prepare();
  member.begin(10s);
  slab->counters[slot(metric("iterations"))] = 5;
  member.open_phase(0, 11s);
  slab->counters[slot(metric("iterations"))] = 12;
  ir::Slice slice = close(13s);
  CHECK(value_of(slice, metric("iterations")) == 7);
  CHECK(value_of(slice, metric("wall_time")) == Nanos(2s).count());
  CHECK(slice.lived == 2s);
  CHECK(slice.worker == 7);
  CHECK(value_of(slice, metric("cpu_time")) >= 0);
  CHECK(value_of(slice, metric("voluntary_switches")) >= 0);
  member.open_phase(1, 14s);
  slab->counters[slot(metric("iterations"))] = 13;
  CHECK(value_of(close(15s), metric("iterations")) == 1);
}

TEST_CASE_METHOD(Fixture, "the gap that is open when a phase ends counts, from its begin at most") {
  member.prepare();
  member.begin(10s);
  member.open_phase(0, 10s);
  checkpoint_at(10s + 100ms, 100ms);
  CHECK(value_of(close(13s), metric("max_gap")) == Nanos(2900ms).count());
  // The same silence goes on: the next phase counts its own part only.
  member.open_phase(1, 13s);
  CHECK(value_of(close(14s), metric("max_gap")) == Nanos(1s).count());
  // A maximum of an earlier phase is not one of this.
  member.open_phase(2, 14s);
  slab->armed_at.store(Nanos(14s).count(), relaxed);
  CHECK(value_of(close(14s + 1ms), metric("max_gap")) == Nanos(1ms).count());
}

TEST_CASE_METHOD(Fixture, "who waits on purpose has no gap") {
  member.prepare();
  member.begin(10s);
  member.open_phase(0, 10s);
  slab->armed_at.store(waiting, relaxed);
  CHECK(value_of(close(20s), metric("max_gap")) == 0);
  member.open_phase(1, 20s);
  slab->armed_at.store(Nanos(29s).count(), relaxed);  // A sleep until then.
  CHECK(value_of(close(30s), metric("max_gap")) == Nanos(1s).count());
}

TEST_CASE_METHOD(Fixture, "frozen and stopped time does not count") {
  member.prepare();
  member.begin(10s);
  member.open_phase(0, 10s);
  checkpoint_at(11s, 1ms);
  member.set_frozen(true, 12s);
  member.set_frozen(false, 17s);
  CHECK(slab->frozen.load() == Nanos(5s).count());
  ir::Slice slice = close(18s);
  CHECK(slice.lived == 3s);
  CHECK(value_of(slice, metric("max_gap")) == Nanos(2s).count());
  member.open_phase(1, 18s);
  member.set_frozen(true, 19s);
  slice = close(25s);
  CHECK(slice.lived == 1s);
  CHECK(value_of(slice, metric("max_gap")) == Nanos(1s).count());
  member.set_frozen(false, 26s);
  member.open_phase(2, 26s);
  member.stop(27s);
  slice = close(30s);
  CHECK(slice.lived == 1s);
  CHECK(value_of(slice, metric("max_gap")) == Nanos(1s).count());
}

TEST_CASE_METHOD(Fixture, "CPUs are those since the last sample, and those of the phase") {
  member.prepare();
  member.begin(10s);
  slab->cpus[0] = 0b10;
  member.open_phase(0, 10s);
  slab->cpus[0].fetch_or(0b100);
  CHECK(member.sample(11s, Depth::full).cpus == topology::CpuSet{1, 2});
  slab->cpus[2].fetch_or(1);
  CHECK(member.sample(12s, Depth::quick).cpus == topology::CpuSet{128});
  CHECK(close(13s).cpus == topology::CpuSet{2, 128});
}

TEST_CASE_METHOD(Fixture, "a phase's distribution is what was recorded within it") {
  member.prepare();
  member.begin(10s);
  slab->record(slot(metric("wake_latency")), 1'000'000);
  member.open_phase(0, 10s);
  slab->record(slot(metric("wake_latency")), 1000);
  slab->record(slot(metric("wake_latency")), 2000);
  ir::Slice slice = close(11s);
  REQUIRE(slice.histograms.size() == 1);
  const ir::Histogram& part = slice.histograms[0].histogram;
  CHECK(part.count == 2);
  CHECK(part.sum == 3000);
  CHECK(part.minimum <= 1000);
  CHECK(part.minimum >= 969);
  CHECK(part.maximum >= 2000);
  CHECK(part.maximum <= 2063);
  member.open_phase(1, 11s);
  CHECK(close(12s).histograms.empty());
}

TEST_CASE_METHOD(Fixture, "samples count from the worker's begin") {
  slab->counters[slot(metric("work_units"))] = 1000;
  member.prepare();
  slab->counters[slot(metric("work_units"))] = 1024;
  member.begin(10s);
  const ir::WorkerSample sample = member.sample(11s, Depth::full);
  for (const ir::MetricValue& value : sample.values) {
    if (value.metric == metric("work_units").row) CHECK(value.value == 24);
    if (value.metric == metric("wall_time").row) CHECK(value.value == Nanos(1s).count());
  }
}

TEST_CASE_METHOD(Fixture, "a quick sample leaves out what is costly, and a full one has it") {
  member.prepare();
  member.begin(10s);
  const auto has = [&](Depth depth, ir::MetricId id) {
    return std::ranges::any_of(member.sample(11s, depth).values,
                               [&](const auto& value) { return value.metric == id.row; });
  };
  for (const ir::MetricId costly :
       {metric("voluntary_switches"), metric("involuntary_switches"), metric("page_faults")}) {
    INFO(costly->name);
    CHECK(has(Depth::full, costly));
    CHECK_FALSE(has(Depth::quick, costly));
  }
  CHECK(has(Depth::quick, metric("cpu_time")));
}

TEST_CASE_METHOD(Fixture, "what a worker gave up with stands in its report") {
  std::string_view("write: no").copy(slab->error.data(), 9);
  member.prepare();
  member.begin(10s);
  member.open_phase(0, 10s);
  member.end(ir::WorkerEnd::exited, 1, 11s);
  CHECK(member.report().error == "write: no");
  CHECK(member.report().end == ir::WorkerEnd::exited);
  CHECK(member.report().slices.size() == 1);
}

TEST_CASE_METHOD(Fixture, "checkpoints measure gaps and leave out waiting on purpose") {
  slab->phase = 1;
  Worker worker(group, 0, {});
  const auto gap = [&] { return TaggedMaximum::of(slab->maxima[0].load(), slab->phase.load()); };
  std::this_thread::sleep_for(20ms);
  worker.checkpoint();
  const std::int64_t seen = gap();
  CHECK(seen >= Nanos(20ms).count());
  worker.begin_wait();
  std::this_thread::sleep_for(Nanos(seen) + 100ms);
  worker.end_wait(monotonic_now() - 1ms);
  CHECK(gap() < seen + Nanos(50ms).count());
  const ktstr_histogram& latency = slab->histograms[slot(metric("wake_latency"))];
  CHECK(latency.count == 1);
  CHECK(latency.minimum >= 1'000'000);
  // A new phase begins anew, and its first gap begins with it.
  std::this_thread::sleep_for(30ms);
  slab->phase_begin = monotonic_now().count();
  slab->phase = 2;
  worker.checkpoint();
  CHECK(gap() < Nanos(25ms).count());
}

TEST_CASE_METHOD(Fixture, "a wait during which the worker was frozen gives no latency") {
  Worker worker(group, 0, {});
  worker.begin_wait();
  slab->frozen = 5'000'000;
  worker.end_wait(monotonic_now());
  CHECK(slab->histograms[slot(metric("wake_latency"))].count == 0);
  CHECK(slab->armed_frozen.load() == 5'000'000);
}

TEST_CASE_METHOD(Fixture, "checkpoints note CPUs and migrations") {
  cpu_set_t before, one;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  if (CPU_COUNT(&before) < 2) SKIP("needs two CPUs");
  Worker worker(group, 0, {});
  for (int round = 0; round < 4; ++round)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before)) continue;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
      worker.checkpoint();
    }
  ::sched_setaffinity(0, sizeof before, &before);
  CHECK(slab->counters[slot(metric("migrations"))] >= 7);
  for (int cpu = 0; cpu < 64; ++cpu)
    CHECK(((slab->cpus[0].load() >> cpu) & 1) == (CPU_ISSET(cpu, &before) ? 1u : 0u));
}

TEST_CASE("an arena gives each slab once, and a used one empty") {
  Arena arena = Arena::make().value();
  Slab* first = arena.take();
  Slab* second = arena.take();
  REQUIRE(first != nullptr);
  REQUIRE(first != second);
  first->counters[0] = 5;
  first->record(0, 7);
  const std::size_t left = arena.left();
  CHECK(left == Arena::capacity - 2);
  arena.give_back(first);
  Slab* again = arena.take();
  CHECK(again->counters[0] == 0);
  CHECK_FALSE(again->has_recorded(0));
  CHECK(again->histograms[0].count == 0);
  while (arena.take() != nullptr) {
  }
  CHECK(arena.left() == 0);
}

}  // namespace
