// SPDX-License-Identifier: GPL-2.0-only
// A dozen of the library, one of most themes, in real virtual machines; `./dev test --full library`
// runs all of it.
#include <catch2/catch_test_macros.hpp>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

TEST_CASE("a dozen of the library pass") {
  constexpr const char* dozen[] = {"basic/steady",
                                   "cpuset/cpuset_swap_disjoint",
                                   "affinity/affinity_change",
                                   "sched_class/sched_mixed",
                                   "dynamic/rapid_churn",
                                   "nested/nested_task_move",
                                   "stress/nice_sweep",
                                   "advanced/load_oscillation",
                                   "hotplug/half_the_machine",
                                   "payloads/shell",
                                   "programs/request_server",
                                   "series/steady_share"};
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory runs;
  std::vector<std::string> arguments;
  for (const char* name : dozen)
    arguments.push_back(source_path(std::string("scenarios/") + name + ".yaml"));
  const Output output = ktstr_run(runs / "runs", std::move(arguments));
  INFO(output.out << output.err);
  CHECK(output.exit == Exit{0, 0});
  CHECK(lines_beginning(output.out, "PASS") == std::size(dozen));
}
