// SPDX-License-Identifier: GPL-2.0-only
// The shipped scenarios in real virtual machines, through ktstr-run.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

std::size_t scenario_files(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(source_path(folder)), {}));
}

void passes_whole(const std::string& folder, std::size_t least) {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory runs;
  const std::string json = runs / "result.json";
  const Output output = ktstr_run(
      runs / "runs", {source_path(folder), "--json", json, "--junit", runs / "junit.xml"});
  CHECK(output.exit == Exit{0, 0});
  CHECK(scenario_files(folder) >= least);
  // Each file holds one scenario: every one of them must really have run and passed.
  CHECK(lines_beginning(output.out, "PASS") == scenario_files(folder));
  CHECK(read_text(json, 64_MiB)->find("\"outcome\": \"pass\"") != std::string::npos);
  CHECK(read_text(runs / "junit.xml")->find("<testsuite ") != std::string::npos);
}

}  // namespace

TEST_CASE("the quickstart scenarios pass") {
  passes_whole("scenarios/quickstart", 8);
}

TEST_CASE("ground truth: what is known by construction is what is measured") {
  passes_whole("scenarios/truth", 3);
}
