// SPDX-License-Identifier: GPL-2.0-only
// Work that keeps changing what the scheduler knows of it.
#include <catch2/generators/catch_generators.hpp>
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

TEST_CASE("idle_churn sleeps once in each cycle, as exactly as it was told to") {
  const bool precise = GENERATE(false, true);
  Trial trial(ir::IdleChurn{.burst = 1ms, .sleep = 4ms, .precise_timing = precise}, 1, 0);
  const Trial::Change seen = trial.run(1s)[0];
  CHECK(seen.iterations <= seen.seconds / 0.005 + 1);
  CHECK(std::abs(seen.voluntary - seen.iterations) <= 2);
  CHECK(proc_text(trial.pid(0), "timerslack_ns") == (precise ? "1\n" : "50000\n"));
  CHECK(trial.recorded(0, ir::metric("wake_latency")).count > 3);
}

TEST_CASE("affinity_churn migrates once in each iteration") {
  Trial trial(ir::AffinityChurn{.spin_iters = 256}, 1, topology::CpuSet{0, 1});
  const auto bound = trial.watch(0, long_enough,
                                 [](pid_t pid) { return to_text(guest::bound_cpus(pid).value()); });
  CHECK(bound == std::set<std::string>{"0", "1"});
  const double iterations = trial.halt()[0];
  CHECK(iterations > 3);
  CHECK(std::abs(trial.counter(0, ir::metric("migrations")) - iterations) <= 2);
}

}  // namespace
