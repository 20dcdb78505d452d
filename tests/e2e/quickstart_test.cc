// SPDX-License-Identifier: GPL-2.0-only
// The shipped scenarios in real virtual machines, through ktstr-run.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

void passes_whole(const std::string& folder, std::size_t least) {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory runs;
  const std::string json = runs / "result.json";
  const Output output = ktstr_run(
      runs / "runs", {source_path(folder), "--json", json, "--junit", runs / "junit.xml"});
  CHECK(output.exit == Exit{0, 0});
  // Every one of them must really have run and passed.
  const Output list = ktstr_run(runs / "list", {source_path(folder), "--list"});
  const auto scenarios = static_cast<std::size_t>(std::ranges::count(list.out, '\n'));
  CHECK(scenarios >= least);
  CHECK(lines_beginning(output.out, "PASS") == scenarios);
  CHECK(read_text(json, 64_MiB)->find("\"outcome\": \"pass\"") != std::string::npos);
  CHECK(read_text(runs / "junit.xml")->find("<testsuite ") != std::string::npos);
}

}  // namespace

TEST_CASE("the quickstart scenarios pass") {
  passes_whole("scenarios/quickstart", 8);
}

TEST_CASE("ground truth: what is known by construction is what is measured") {
  passes_whole("scenarios/truth", 24);
}
