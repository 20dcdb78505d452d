// SPDX-License-Identifier: GPL-2.0-only
// The shipped scenarios in real virtual machines, through ktstr-run.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

/// `which`: paths, and options that select of them. Gives how many scenarios these are, every one
/// of which must really have run and passed.
std::size_t passed(const std::vector<std::string>& which) {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory runs;
  const std::string json = runs / "result.json";
  std::vector<std::string> arguments = which;
  arguments.insert(arguments.end(), {"--json", json, "--junit", runs / "junit.xml"});
  const Output output = ktstr_run(runs / "runs", arguments);
  CHECK(output.exit == Exit{0, 0});
  arguments = which;
  arguments.push_back("--list");
  const Output list = ktstr_run(runs / "list", arguments);
  const auto scenarios = static_cast<std::size_t>(std::ranges::count(list.out, '\n'));
  CHECK(lines_beginning(output.out, "PASS") == scenarios);
  CHECK(read_text(json, 64_MiB)->find("\"outcome\": \"pass\"") != std::string::npos);
  CHECK(read_text(runs / "junit.xml")->find("<testsuite ") != std::string::npos);
  return scenarios;
}

}  // namespace

TEST_CASE("the quickstart scenarios pass") {
  CHECK(passed({source_path("scenarios/quickstart")}) >= 8);
}

TEST_CASE("ground truth: what is known by construction is what is measured") {
  CHECK(passed({source_path("scenarios/truth"), "--tag", "core"}) >= 4);
}

// Those tagged [wide] take many boots: not in the lab.
TEST_CASE("ground truth of all that is left", "[wide]") {
  CHECK(passed({source_path("scenarios/truth"), "--tag", "!core"}) >= 20);
}

// `./dev test --full library` runs all of it.
TEST_CASE("a dozen of the library, one of most themes, pass", "[wide]") {
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
  std::vector<std::string> files;
  for (const char* name : dozen)
    files.push_back(source_path(std::string("scenarios/") + name + ".yaml"));
  CHECK(passed(files) == std::size(dozen));
}
