// SPDX-License-Identifier: GPL-2.0-only
// Work that is about being woken, and what it measures of it.
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

TEST_CASE("pipe_io blocks about once in each exchange") {
  Trial trial(ir::PipeIo{.burst_iters = 64}, 2, 0);
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  for (const Trial::Change& each : seen) {
    CHECK(each.voluntary > 0.4 * each.iterations);
    CHECK(each.voluntary <= 1.2 * each.iterations + 10);
    CHECK(each.voluntary > 100);
  }
  // Neither gets ahead of the other by more than the bytes on their way.
  const std::vector<double> iterations = trial.halt();
  CHECK(std::abs(iterations[0] - iterations[1]) <= 2);
}

TEST_CASE("futex_ping_pong blocks in its turns, and turns alternate") {
  Trial trial(ir::FutexPingPong{.spin_iters = 64}, 2, 0);
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  for (const Trial::Change& each : seen) {
    // A partner that preempts its waker saves it a wait.
    CHECK(each.voluntary > 0.4 * each.iterations);
    CHECK(each.voluntary <= 1.2 * each.iterations + 10);
    CHECK(each.voluntary > 100);
  }
  const std::vector<double> iterations = trial.halt();
  CHECK(std::abs(iterations[0] - iterations[1]) <= 1);
}

TEST_CASE("a wake_chain hops from one to the next, and every hop is measured") {
  const auto wake = GENERATE(ir::ChainWake::pipe, ir::ChainWake::futex);
  constexpr double work = 200e-6;
  Trial trial(ir::WakeChain{.depth = 4, .wake = wake, .work_per_hop = 200us}, 4, 0);
  double hops = 0, seconds = 0;
  for (const Trial::Change& each : trial.run(long_enough)) {
    CHECK(each.voluntary > 0.8 * each.iterations - 2);
    CHECK(each.voluntary <= 1.2 * each.iterations + 10);
    hops += each.iterations;
    seconds = std::max(seconds, each.seconds);
  }
  CHECK(hops > 10);
  CHECK(hops * work <= 1.05 * seconds);
  const std::vector<double> iterations = trial.halt();
  CHECK(*std::ranges::max_element(iterations) - *std::ranges::min_element(iterations) <= 1);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto measured = static_cast<double>(trial.recorded(i, ir::metric("hop_latency")).count);
    CHECK(std::abs(measured - iterations[i]) <= 1);
  }
}

TEST_CASE("a thundering_herd wakes all waiters in every batch, and rests after the last") {
  constexpr double batches = 20;
  Trial trial(ir::ThunderingHerd{.waiters = 3, .batches = 20, .inter_batch = 10ms}, 4,
              topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(1500ms);
  CHECK(trial.counter(0, ir::metric("iterations")) == batches);
  for (std::size_t i = 1; i < 4; ++i) {
    // One that is still busy with a batch when the next one comes takes both as one.
    const double iterations = trial.counter(i, ir::metric("iterations"));
    CHECK(iterations <= batches);
    CHECK(iterations >= 0.5 * batches);
    CHECK(static_cast<double>(trial.recorded(i, ir::metric("wake_latency")).count) <= iterations);
    CHECK(seen[i].cpu_seconds < 0.1);
  }
  for (const Trial::Change& each : trial.run(100ms)) CHECK(each.iterations == 0);
}

}  // namespace
