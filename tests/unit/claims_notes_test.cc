// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "claims/notes.h"

using namespace ktstr;

TEST_CASE("a run without peculiarities has no notes, and each has one") {
  ir::Telemetry telemetry;
  telemetry.phases = {{.index = 0, .name = "even", .rounds = 3}};
  CHECK(claims::notes(telemetry).empty());
  telemetry.phases.push_back({.index = 1, .name = "churn", .rounds = 20, .overruns = 4});
  telemetry.samples_lost = 7;
  telemetry.noise.spawned = 2;
  CHECK(claims::notes(telemetry) ==
        std::vector<std::string>{
            "the scenario kept the host busy with up to 2 processes (spawn_host)",
            "in step `churn`, 4 of 20 rounds took longer than `every`",
            "the guest could not send 7 of its samples"});
}
