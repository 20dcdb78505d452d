// SPDX-License-Identifier: GPL-2.0-only
// The shipped scenarios in real virtual machines, through ktstr-run.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

/// `which`: a path and options that select of it.
void pass(const std::vector<std::string>& which, std::size_t least) {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory runs;
  const std::string json = runs / "result.json";
  std::vector<std::string> arguments = which;
  arguments.insert(arguments.end(), {"--json", json, "--junit", runs / "junit.xml"});
  const Output output = ktstr_run(runs / "runs", arguments);
  CHECK(output.exit == Exit{0, 0});
  // Every one of them must really have run and passed.
  arguments = which;
  arguments.push_back("--list");
  const Output list = ktstr_run(runs / "list", arguments);
  const auto scenarios = static_cast<std::size_t>(std::ranges::count(list.out, '\n'));
  CHECK(scenarios >= least);
  CHECK(lines_beginning(output.out, "PASS") == scenarios);
  CHECK(read_text(json, 64_MiB)->find("\"outcome\": \"pass\"") != std::string::npos);
  CHECK(read_text(runs / "junit.xml")->find("<testsuite ") != std::string::npos);
}

}  // namespace

TEST_CASE("the quickstart scenarios pass") {
  pass({source_path("scenarios/quickstart")}, 8);
}

TEST_CASE("ground truth: what is known by construction is what is measured") {
  pass({source_path("scenarios/truth"), "--tag", "core"}, 4);
}

// Many boots: not in the lab.
TEST_CASE("ground truth of all that is left", "[wide]") {
  pass({source_path("scenarios/truth"), "--tag", "!core"}, 20);
}
