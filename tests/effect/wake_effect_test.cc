// SPDX-License-Identifier: GPL-2.0-only
// Work that is about being woken, and what it measures of it.
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

/// The worker blocked about once in each iteration; a partner that preempts its waker saves it a
/// wait.
void blocks_in_its_turns(const Trial::Change& worker) {
  CHECK(worker.voluntary > 0.4 * worker.iterations);
  CHECK(worker.voluntary <= 1.2 * worker.iterations + 10);
}

TEST_CASE("pipe_io blocks about once in each exchange") {
  Trial trial(ir::PipeIo{.burst_iters = 64}, 2, 0);
  for (const Trial::Change& each : trial.run(long_enough)) {
    blocks_in_its_turns(each);
    CHECK(each.voluntary > 100);
  }
  // Neither gets ahead of the other by more than the bytes on their way.
  const std::vector<double> iterations = trial.halt();
  CHECK(std::abs(iterations[0] - iterations[1]) <= 2);
}

TEST_CASE("futex_ping_pong blocks in its turns, and turns alternate") {
  Trial trial(ir::FutexPingPong{.spin_iters = 64}, 2, 0);
  for (const Trial::Change& each : trial.run(long_enough)) {
    blocks_in_its_turns(each);
    CHECK(each.voluntary > 100);
  }
  const std::vector<double> iterations = trial.halt();
  CHECK(std::abs(iterations[0] - iterations[1]) <= 1);
}

TEST_CASE("cache_pipe blocks about once in each exchange, and touches its buffer before it") {
  Trial trial(ir::CachePipe{.size = 1_MiB, .burst_iters = 16'384}, 2, 0);
  for (const Trial::Change& each : trial.run(long_enough)) {
    blocks_in_its_turns(each);
    CHECK(each.iterations > 3);
  }
  CHECK(trial.touched(0, long_enough) >= 900);
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

TEST_CASE("timer_latency wakes once in every interval, or says how often it did not") {
  Trial trial(ir::TimerLatency{.interval = 2ms}, 1, 0);
  const double missed = trial.counter(0, ir::metric("missed_periods"));
  const Trial::Change seen = trial.run(1s)[0];
  const double intervals = seen.seconds / 0.002;
  const double counted = seen.iterations + trial.counter(0, ir::metric("missed_periods")) - missed;
  CHECK(counted <= intervals + 2);
  CHECK(counted >= intervals - 2 - seen.waited_seconds / 0.002);
  CHECK(seen.voluntary >= 0.9 * seen.iterations - seen.waited_seconds / 0.002);
  CHECK(seen.voluntary > 10);
  const double iterations = trial.halt()[0];
  const auto measured = static_cast<double>(trial.recorded(0, ir::metric("timer_latency")).count);
  CHECK(std::abs(measured - iterations) <= 1);
}

TEST_CASE("signal_storm's signals reach the partner's handler") {
  Trial trial(ir::SignalStorm{.signals_per_iter = 4, .work_iters = 512}, 2, topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  trial.halt();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(seen[i].units == 512 * seen[i].iterations);
    const double handled = trial.counter(i, ir::metric("signals"));
    CHECK(handled > 0);
    CHECK(handled <= 4 * (trial.counter(1 - i, ir::metric("iterations")) + 1));
    const std::string caught = proc_text(trial.pid(i), "status");
    const std::size_t at = caught.find("SigCgt:\t") + 8;
    CHECK((std::stoull(caught.substr(at), nullptr, 16) >> (SIGUSR2 - 1) & 1) == 1);
  }
}

TEST_CASE("futex_fan_out wakes all receivers, who do nothing else") {
  Trial trial(ir::FutexFanOut{.fan_out = 3, .spin_iters = 8192}, 4, topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  CHECK(seen[0].voluntary <= 2);
  CHECK(seen[0].units == (8192 + 256) * seen[0].iterations);
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(seen[i].iterations > 0);
    CHECK(seen[i].iterations <= seen[0].iterations + 1);
    CHECK(seen[i].voluntary > 0.5 * seen[i].iterations);
    CHECK(seen[i].cpu_seconds < 0.3 * seen[i].seconds);
    CHECK(trial.recorded(i, ir::metric("wake_latency")).count > 0);
  }
}

TEST_CASE("fan_out_compute serves requests: a sleep and so many multiplications each") {
  Trial trial(
      ir::FanOutCompute{.fan_out = 2, .cache_footprint = 24_KiB, .operations = 3, .sleep = 2ms}, 3,
      topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(1s);
  trial.halt();
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(seen[i].iterations > 0);
    CHECK(seen[i].iterations <= seen[i].seconds / 0.002 + 1);
    CHECK(seen[i].units == 3 * seen[i].iterations);
    CHECK(seen[i].voluntary >= seen[i].iterations - 1);
    const ktstr_histogram& requests = trial.recorded(i, ir::metric("request_latency"));
    CHECK(requests.count > 0);
    CHECK(requests.minimum >= 2'000'000);
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

TEST_CASE("epoll_storm's events are all taken, and each once") {
  Trial trial(ir::EpollStorm{.producers = 2, .consumers = 2, .events_per_burst = 8}, 4,
              topology::CpuSet{0, 1});
  const std::vector<Trial::Change> seen = trial.run(long_enough);
  const std::vector<double> iterations = trial.halt();
  const double posted = 8 * (iterations[0] + iterations[1]);
  // Those of a burst that is not over, and those that were halted in their hands.
  CHECK(std::abs(posted - iterations[2] - iterations[3]) <= 2 * 8 + 2);
  CHECK(posted > 100);
  for (std::size_t i = 0; i < 2; ++i) CHECK(seen[i].units == 8 * seen[i].iterations);
  CHECK(seen[2].voluntary + seen[3].voluntary > 10);
}

TEST_CASE("producers that outrun their consumer wait for room in the queue") {
  Trial trial(ir::ProducerConsumerImbalance{.producers = 2,
                                            .consumers = 1,
                                            .interval = 1ms,
                                            .consume_iters = 200'000,
                                            .queue_depth = 8},
              3, topology::CpuSet{0, 1});
  trial.run(1s);
  const std::vector<double> iterations = trial.halt();
  CHECK(iterations[2] > 0);
  CHECK(std::abs(iterations[0] + iterations[1] - iterations[2] - 8) <= 3);
  const ktstr_histogram& requests = trial.recorded(2, ir::metric("request_latency"));
  CHECK(std::abs(static_cast<double>(requests.count) - iterations[2]) <= 1);
}

TEST_CASE("a consumer that outruns its producers gets an item in every interval") {
  Trial trial(ir::ProducerConsumerImbalance{.producers = 1, .interval = 5ms, .consume_iters = 64},
              2, 0);
  const std::vector<Trial::Change> seen = trial.run(1s);
  CHECK(seen[0].iterations <= seen[0].seconds / 0.005 + 1);
  CHECK(seen[0].iterations >= 0.5 * (seen[0].seconds - seen[0].waited_seconds) / 0.005);
  CHECK(std::abs(seen[0].iterations - seen[1].iterations) <= 2);
  for (const Trial::Change& each : seen)
    CHECK(each.voluntary >= 0.6 * each.iterations - each.waited_seconds / 0.005);
}

}  // namespace
