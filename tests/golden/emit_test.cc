// SPDX-License-Identifier: GPL-2.0-only
// What `ktstr emit` shows.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "base/process.h"
#include "support/golden.h"

using namespace ktstr;

namespace {

std::string emitted(const std::string& what, const std::string& file) {
  const std::string ktstr = std::string(std::getenv("KTSTR_BUILD")) + "/src/cli/ktstr";
  const Result<Output> output =
      run_command({.argv = {ktstr, "emit", what, source_file(file)}}, 1min);
  REQUIRE(output);
  INFO(output->err);
  CHECK(output->exit.success());
  return output->out;
}

}  // namespace

TEST_CASE("emit checks shows default, scheduler and scenario merged") {
  check_golden("tests/golden/checks.txt", emitted("checks", "tests/examples/checks.yaml"));
}

TEST_CASE("emit cmdline shows ours and what the scenario adds, case by case") {
  check_golden("tests/golden/cmdline.txt", emitted("cmdline", "scenarios/truth/prepared.yaml"));
}
