// SPDX-License-Identifier: GPL-2.0-only
// Each phase of a program does what its word says, and choices follow their shares and their seed.
#include <cmath>
#include <random>

#include "trial.h"

namespace {

using namespace ktstr;
namespace program = ir::program;
using Phases = std::vector<program::Phase>;

constexpr ir::MetricId wakes = ir::metric("wake_latency");
constexpr ir::MetricId requests = ir::metric("request_latency");

TEST_CASE("program: spin and sleep share out its time") {
  Trial trial(ir::ProgramWork{Phases{program::Spin{5ms}, program::Sleep{5ms}}}, 1, 0);
  const Trial::Change seen = trial.run(1s)[0];
  CHECK(seen.units == 2 * seen.iterations);
  CHECK(seen.voluntary <= 1.2 * seen.seconds / 0.01);
  CHECK(seen.voluntary >= 0.8 * (seen.seconds - seen.waited_seconds) / 0.01);
  CHECK(seen.cpu_seconds <= 0.6 * seen.seconds);
}

TEST_CASE("program: yield and alu leave the CPU only where another wants it") {
  Trial trial(ir::ProgramWork{Phases{program::Alu{1ms}, program::Yield{3}}}, 2, 0);
  for (const Trial::Change& seen : trial.run(600ms)) {
    CHECK(seen.involuntary >= 0.2 * seen.iterations);
    CHECK(seen.iterations <= seen.seconds / 0.001 + 5);
    CHECK(seen.iterations > 10);
  }
}

TEST_CASE("program: repeat and fork make the processes they say") {
  Trial trial(ir::ProgramWork{Phases{
                  schema::Box(program::Repeat{3, {program::Fork{2}, program::Pipe{100_KiB}}})}},
              1, 0);
  const double before = processes_made();
  const Trial::Change seen = trial.run(600ms)[0];
  const double after = processes_made();
  CHECK(seen.iterations > 2);
  CHECK(seen.units == 6 * seen.iterations);
  CHECK(after - before >= 6 * seen.iterations);
  CHECK(seen.children_faults >= 6 * seen.iterations);
  // What went through the pipe was written and read.
  CHECK(trial.of_proc(0, "io", "wchar:") >= 3 * 100 * 1024 * seen.iterations);
}

TEST_CASE("program: io is written to storage, and touch holds its buffer") {
  Trial trial(ir::ProgramWork{Phases{program::Io{128_KiB}, program::Touch{8_MiB}}}, 1, 0);
  trial.run(600ms);
  const double iterations = trial.halt()[0];
  CHECK(iterations > 2);
  CHECK(trial.of_proc(0, "io", "wchar:") >= 128 * 1024 * iterations);
  CHECK(std::abs(trial.recordings(0, requests) - iterations) <= 1);
  CHECK(trial.of_proc(0, "status", "RssAnon:") >= 8 * 1024);
}

TEST_CASE("program: who waits for a word runs once for each wake") {
  Trial waker(ir::ProgramWork{Phases{program::Sleep{2ms}, program::FutexWake{7}}}, 1, 0);
  Trial waiters(ir::ProgramWork{Phases{program::FutexWait{7}}}, 3, 0, {.words = waker.words()});
  waiters.run(600ms);
  const std::vector<double> seen = waiters.halt();
  const double woken = static_cast<double>(waker.words()[7].wakes.load());
  CHECK(woken > 20);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i] <= woken);
    CHECK(seen[i] > 0.5 * woken);
    CHECK(std::abs(waiters.recordings(i, wakes) - seen[i]) <= 0.2 * seen[i]);
  }
}

TEST_CASE("program: a wake that comes before the waiter first runs is not lost on it") {
  guest::Arena arena = guest::Arena::make().value();
  arena.words()[7].wakes = 5;
  Trial waiter(ir::ProgramWork{Phases{program::FutexWait{7}}}, 1, 0,
               {.words = arena.words(), .wakes_before = {0, 0, 0, 0, 0, 0, 0, 4}});
  CHECK(waiter.halt()[0] == 1);
}

TEST_CASE("program: choices follow their shares, and the seed decides which") {
  constexpr std::uint64_t seed = 42;
  constexpr double most_rounds = 5'000;
  Trial trial(
      ir::ProgramWork{Phases{
          program::Yield{1},
          schema::Box(program::Choose{{program::Option{Share{0.3}, {program::Pipe{Bytes{10}}}},
                                       program::Option{Share{0.7}, {}}}})}},
      1, 0, {.seed = seed});
  double rounds = 0;
  for (; rounds < most_rounds; trial.go_on(), Trial::pass(20'000'000)) rounds = trial.halt()[0];
  rounds = trial.halt()[0];
  std::mt19937_64 random(seed);
  double expected = 0;
  for (double i = 0; i < rounds; ++i)
    expected += static_cast<double>(random() >> 11) * 0x1p-53 < 0.3 ? 1 : 0;
  const double chosen = trial.of_proc(0, "io", "wchar:") / 10;
  CHECK(std::abs(chosen - expected) <= 1);
  CHECK(std::abs(chosen / rounds - 0.3) <= 0.05);
}

}  // namespace
