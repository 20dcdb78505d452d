// SPDX-License-Identifier: GPL-2.0-only
// The benchmarks have the threads they say, and their numbers agree with each other.
#include <cmath>
#include <filesystem>

#include "trial.h"

namespace {

using namespace ktstr;

constexpr ir::MetricId wakes = ir::metric("wake_latency");
constexpr ir::MetricId requests = ir::metric("request_latency");

std::ptrdiff_t threads_of(pid_t pid) {
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST_CASE("schbench wakes a worker thread for each request") {
  Trial trial(ir::Schbench{.message_threads = 2,
                           .worker_threads = 3,
                           .cache_footprint = 16_KiB,
                           .operations = 5,
                           .sleep = 100us},
              1, 0);
  trial.run(500ms);
  const Trial::Change seen = trial.halted()[0];
  CHECK(threads_of(trial.pid(0)) == 1 + 2 * (1 + 3));
  // Each of the six may be anywhere in its request.
  CHECK(std::abs(seen.units - 5 * seen.iterations) <= 5 * 6);
  CHECK(std::abs(trial.recordings(0, requests) - seen.iterations) <= 6);
  CHECK(std::abs(trial.recordings(0, wakes) - seen.iterations) <= 6);
  CHECK(seen.iterations > 10);
  // None can be shorter than its sleep.
  CHECK(trial.recorded(0, requests).minimum >= 100'000);
}

TEST_CASE("schbench keeps to its rate") {
  Trial trial(ir::Schbench{.message_threads = 1,
                           .worker_threads = 2,
                           .cache_footprint = 1_KiB,
                           .operations = 1,
                           .sleep = Nanos(0),
                           .requests_per_second = 200},
              1, 0);
  const Trial::Change seen = trial.run(500ms)[0];
  CHECK(seen.iterations <= 200 * seen.seconds + 3);
  CHECK(seen.iterations >= 10);
}

TEST_CASE("taobench finds the share of values in its cache that it was told to") {
  Trial trial(ir::Taobench{.client_threads = 4,
                           .slow_threads = 2,
                           .cache_capacity = 8_MiB,
                           .hit_share = Share{0.7},
                           .slow_path_sleep = 50us},
              1, 0);
  // Until the cache is filled and used.
  for (int i = 0; i < 50 && trial.recordings(0, requests) < 100; ++i) trial.run(100ms);
  CHECK(threads_of(trial.pid(0)) == 1 + 4 + 2);
  const Trial::Change seen = trial.run(700ms)[0];
  CHECK(seen.iterations > 300);
  CHECK(std::abs(seen.units / seen.iterations - 0.7) <= 0.07);
  CHECK(trial.recordings(0, requests) >= seen.iterations);
  CHECK(trial.recordings(0, wakes) >= 0.9 * (seen.iterations - seen.units));
}

TEST_CASE("taobench asks as often as it was told to") {
  Trial trial(ir::Taobench{.client_threads = 2,
                           .cache_capacity = 1_MiB,
                           .slow_path_sleep = Nanos(0),
                           .arrivals_per_second = 400},
              1, 0);
  const Trial::Change seen = trial.run(600ms)[0];
  CHECK(seen.iterations <= 400 * (seen.seconds + 1));
  CHECK(seen.iterations >= 30);
  CHECK(trial.recordings(0, requests) >= seen.iterations);
}

}  // namespace
