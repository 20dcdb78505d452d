// SPDX-License-Identifier: GPL-2.0-only
// Work whose workers keep each other from running: by locks, and by scheduling class.
#include <catch2/generators/catch_generators.hpp>
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

int real_time_priority(pid_t pid) {
  sched_param parameters{};
  CHECK(::sched_getparam(pid, &parameters) == 0);
  return ::sched_getscheduler(pid) == SCHED_FIFO ? parameters.sched_priority : 0;
}

TEST_CASE("mutex_contention: waits for the lock are the time that its workers are blocked") {
  Trial trial(ir::MutexContention{.contenders = 4, .hold_iters = 20'000, .work_iters = 20'000}, 4,
              topology::CpuSet{0, 1});
  const auto waits = [&](std::size_t worker) {
    const ktstr_histogram& recorded = trial.recorded(worker, ir::metric("lock_wait"));
    return std::pair(static_cast<double>(recorded.count), static_cast<double>(recorded.sum) / 1e9);
  };
  std::vector<std::pair<double, double>> before;
  for (std::size_t i = 0; i < 4; ++i) before.push_back(waits(i));
  const std::vector<Trial::Change> seen = trial.run(2s);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [count, sum] = waits(i);
    const double contended = count - before[i].first, waited = sum - before[i].second;
    const double blocked = seen[i].seconds - seen[i].cpu_seconds - seen[i].waited_seconds;
    CHECK(contended > 1);
    CHECK(contended <= seen[i].iterations + 1);
    // A wait that is not over is not recorded yet; runnable time after a release is waiting, too.
    CHECK(waited >= 0.8 * blocked - 0.1);
    CHECK(waited <= blocked + seen[i].waited_seconds + 0.1);
  }
}

TEST_CASE("only one worker of mutex_contention holds the lock") {
  // Who holds it all the time leaves the other nothing but what it spins without it.
  Trial trial(ir::MutexContention{.contenders = 2, .hold_iters = 50'000, .work_iters = 1}, 2,
              topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(1s);
  CHECK(seen[0].cpu_seconds + seen[1].cpu_seconds <= 1.15 * seen[0].seconds);
  CHECK(seen[0].iterations + seen[1].iterations > 3);
  CHECK(seen[0].voluntary + seen[1].voluntary > 1);
}

TEST_CASE("priority_inversion: three priorities, of which two wait for one lock") {
  const auto mode = GENERATE(ir::PiMode::plain, ir::PiMode::pi);
  Trial trial(ir::PriorityInversion{.high = 1,
                                    .medium = 1,
                                    .low = 1,
                                    .hold_iters = 100'000,
                                    .work_iters = 1024,
                                    .pi_mode = mode,
                                    .rest = 3ms},
              3, 0);
  CHECK(real_time_priority(trial.pid(0)) == 30);
  CHECK(real_time_priority(trial.pid(1)) == 20);
  CHECK(real_time_priority(trial.pid(2)) == 10);
  // The priority that the kernel gives the low one: -11 by itself, -31 with that of the high one.
  const auto effective = trial.watch(2, 1s, [](pid_t pid) { return Trial::stat_field(pid, 18); });
  CHECK(effective.contains(-11));
  CHECK(effective.contains(-31) == (mode == ir::PiMode::pi));
  CHECK(trial.recorded(0, ir::metric("lock_wait")).count > 5);
  CHECK(trial.recorded(1, ir::metric("lock_wait")).count == 0);
}

TEST_CASE("rt_starvation: the real-time worker has the CPU, the other what is left of it") {
  Trial trial(ir::RtStarvation{.burst_iters = 512}, 2, 0);
  CHECK(real_time_priority(trial.pid(0)) == 50);
  CHECK(real_time_priority(trial.pid(1)) == 0);
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  CHECK(seen[0].cpu_seconds > 4 * seen[1].cpu_seconds);
  CHECK(seen[0].units == 512 * seen[0].iterations);
}

TEST_CASE("preempt_storm: each burst of the real-time worker preempts the other") {
  Trial trial(ir::PreemptStorm{.cfs_workers = 1, .rt_burst_iters = 64, .rt_sleep = 2ms}, 2, 0);
  CHECK(real_time_priority(trial.pid(0)) == 50);
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  CHECK(seen[0].iterations > 50);
  CHECK(std::abs(seen[0].voluntary - seen[0].iterations) <= 2);
  CHECK(seen[0].units == 64 * seen[0].iterations);
  // It may also find somebody else on the CPU.
  const double present = seen[1].cpu_seconds / seen[1].seconds;
  CHECK(seen[1].involuntary >= 0.5 * present * seen[0].iterations);
  CHECK(static_cast<double>(trial.recorded(0, ir::metric("wake_latency")).count) > 50);
}

TEST_CASE("asymmetric_waker: turns alternate between workers of two policies") {
  Trial trial(
      ir::AsymmetricWaker{
          .waker = ir::FifoPolicy{10}, .wakee = ir::BatchPolicy{}, .burst_iters = 256},
      2, 0);
  CHECK(real_time_priority(trial.pid(0)) == 10);
  CHECK(::sched_getscheduler(trial.pid(1)) == SCHED_BATCH);
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  CHECK(seen[0].voluntary > 0.4 * seen[0].iterations);
  CHECK(seen[0].voluntary > 20);
  // Its turn may be there again before it has begun to wait, because the waker preempts it.
  CHECK(seen[1].voluntary + seen[1].involuntary > 0.4 * seen[1].iterations);
  const std::vector<double> iterations = trial.halt();
  CHECK(std::abs(iterations[0] - iterations[1]) <= 1);
}

}  // namespace
