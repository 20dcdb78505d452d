// SPDX-License-Identifier: GPL-2.0-only
// Work that keeps changing what the scheduler knows of it.
#include <catch2/generators/catch_generators.hpp>
#include <cmath>

#include <sys/resource.h>

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

TEST_CASE("cross_affinity_churn's workers bind each other, now here and now there") {
  Trial trial(ir::CrossAffinityChurn{.siblings = 2, .spin_iters = 256}, 3, topology::CpuSet{0, 1});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto bound = trial.watch(
        i, long_enough, [](pid_t pid) { return guest::bound_cpus(pid).value().count(); });
    CHECK(bound == std::set<std::uint32_t>{1});
    CHECK(trial.counter(i, ir::metric("migrations")) > 1);
  }
}

TEST_CASE("policy_churn goes through all policies that are permitted") {
  // A worker that is idle waits for long on a CPU where others are not.
  Trial trial(ir::PolicyChurn{.spin_iters = 20'000}, 1, 0);
  const auto policies = trial.watch(0, 3s, [](pid_t pid) { return ::sched_getscheduler(pid); });
  CHECK(policies.contains(SCHED_OTHER));
  CHECK(policies.contains(SCHED_BATCH));
  CHECK(policies.contains(SCHED_IDLE));
  CHECK(trial.counter(0, ir::metric("iterations")) > 3);
}

TEST_CASE("nice_sweep goes through the nice values that are permitted") {
  Trial trial(ir::NiceSweep{}, 1, 0);
  const auto values = trial.watch(
      0, 1s, [](pid_t pid) { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(pid)); });
  CHECK(values.size() >= 10);
  CHECK(trial.counter(0, ir::metric("work_units")) ==
        512 * trial.counter(0, ir::metric("iterations")));
}

}  // namespace
