// SPDX-License-Identifier: GPL-2.0-only
// Each work type changes something that the kernel counts. The same file is linked a second time
// with every body replaced by a spin (spin_bodies.cc), and then all but the cases tagged [spin]
// must fail.
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

constexpr Nanos long_enough = 600ms;

TEST_CASE("spin never gives up its CPU", "[spin]") {
  Trial trial(ir::Spin{}, 1, 0);
  const Trial::Change seen = trial.run(long_enough)[0];
  CHECK(seen.cpu_seconds + seen.waited_seconds >= 0.9 * seen.seconds);
  CHECK(seen.voluntary <= 1);
  CHECK(seen.units == 1024 * seen.iterations);
  CHECK(seen.iterations > 0);
}

TEST_CASE("a worker is seen on the CPU it is bound to and on no other", "[spin]") {
  Trial trial(ir::Spin{}, 1, 1);
  trial.run(100ms);
  CHECK(trial.slab(0).cpus[0].load() == 0b10);
}

TEST_CASE("yield_heavy switches all the time where there is somebody to switch to") {
  Trial trial(ir::YieldHeavy{}, 2, 0);
  for (const Trial::Change& seen : trial.run(long_enough)) {
    CHECK(seen.involuntary / seen.cpu_seconds > 20'000);
    CHECK(seen.involuntary > 0.2 * seen.units);
  }
}

TEST_CASE("mixed yields once in 1024 units") {
  Trial trial(ir::Mixed{}, 2, 0);
  for (const Trial::Change& seen : trial.run(long_enough)) {
    CHECK(seen.involuntary > 0.2 * seen.iterations);
    CHECK(seen.involuntary < 1.5 * seen.iterations + 100);
    CHECK(seen.units == 1024 * seen.iterations);
  }
}

TEST_CASE("bursty sleeps once in each cycle and uses its share of the CPU") {
  Trial trial(ir::Bursty{5ms, 5ms}, 1, 0);
  const Trial::Change seen = trial.run(2s)[0];
  const double cycles = seen.seconds / 0.01;
  const double at_least = (seen.seconds - seen.waited_seconds) / 0.01;
  CHECK(seen.voluntary <= 1.2 * cycles);
  CHECK(seen.voluntary >= 0.8 * at_least);
  CHECK(seen.cpu_seconds <= 0.6 * seen.seconds);
  CHECK(seen.cpu_seconds >= 0.8 * (0.5 * seen.seconds - seen.waited_seconds));
}

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

TEST_CASE("cache_pressure holds its buffer and touches it again and again") {
  constexpr double kib = 32 * 1024;
  Trial trial(ir::CachePressure{.size = Bytes{32 << 20}, .stride = 4096}, 1, 0);
  trial.run(long_enough);
  CHECK(trial.of_proc(0, "status", "RssAnon:") >= kib);
  const Fd clear =
      open_file("/proc/" + std::to_string(trial.pid(0)) + "/clear_refs", O_WRONLY).value();
  REQUIRE(write_all(clear, as_bytes("1"), "clear_refs"));
  trial.run(long_enough);
  CHECK(trial.of_proc(0, "smaps_rollup", "Referenced:") >= 0.9 * kib);
}

TEST_CASE("fork_exit makes one process in each iteration, and waits for it") {
  Trial trial(ir::ForkExit{}, 1, 0);
  const double before = Trial::number_in("/proc/stat", "processes ");
  const Trial::Change seen = trial.run(long_enough)[0];
  const double after = Trial::number_in("/proc/stat", "processes ");
  CHECK(seen.iterations > 20);
  CHECK(after - before >= seen.iterations);
  CHECK(seen.children_faults >= seen.iterations);
  CHECK(seen.voluntary >= 0.5 * seen.iterations);
}

}  // namespace
