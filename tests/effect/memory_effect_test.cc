// SPDX-License-Identifier: GPL-2.0-only
// Work that makes the kernel supply pages, or move them or itself between NUMA nodes. With one node
// there is nowhere to move, but what was asked of the kernel is seen all the same.
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

TEST_CASE("page_fault_churn: its units are the kernel's page faults") {
  Trial trial(ir::PageFaultChurn{.region = 1_MiB, .touches = 256, .spin_iters = 64}, 1, 0);
  const Trial::Change seen = trial.run(600ms)[0];
  // 256 touches of 256 pages find 163 of them in the mean; a cycle may be under way at either end.
  CHECK(seen.units >= 130 * seen.iterations);
  CHECK(seen.units <= 200 * seen.iterations);
  CHECK(std::abs(seen.faults - seen.units) <= 0.02 * seen.units + 512);
  CHECK(seen.units > 500);
}

TEST_CASE("numa_working_set_sweep binds its region to a node") {
  constexpr std::uint64_t pages = 777;
  Trial trial(ir::NumaWorkingSetSweep{.region = Bytes{pages * 4096}, .period = 20ms, .nodes = {}},
              1, 0);
  double passes = 0;
  for (int i = 0; i < 50 && passes < 1; ++i) passes += trial.run(100ms)[0].iterations;
  const Trial::Change seen = trial.run(100ms)[0];
  const Result<std::string> maps =
      read_text("/proc/" + std::to_string(trial.pid(0)) + "/numa_maps");
  if (!maps) SKIP("the kernel has no numa_maps: " << describe(maps.error()));
  std::istringstream lines(*maps);
  bool found = false;
  for (std::string line; std::getline(lines, line);)
    found = found || (line.find(" bind:") != std::string::npos &&
                      line.find(" anon=" + std::to_string(pages) + " ") != std::string::npos);
  INFO(*maps);
  CHECK(found);
  CHECK(seen.units == pages * seen.iterations);
}

TEST_CASE("numa_migration_churn binds itself to the CPUs of a node") {
  Trial trial(ir::NumaMigrationChurn{.period = 20ms}, 1, 0);
  const Trial::Change seen = trial.run(400ms)[0];
  cpu_set_t mask;
  REQUIRE(::sched_getaffinity(trial.pid(0), sizeof mask, &mask) == 0);
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) SKIP("a machine of one CPU");
  CHECK(CPU_COUNT(&mask) > 1);  // It was begun on one.
  CHECK(seen.iterations <= seen.seconds / 0.02 + 1);
  CHECK(seen.iterations >= 0.3 * (seen.seconds - seen.waited_seconds) / 0.02);
}

}  // namespace
