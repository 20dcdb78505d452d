// SPDX-License-Identifier: GPL-2.0-only
// What `ktstr emit` shows.
#include <catch2/catch_test_macros.hpp>

#include "base/process.h"
#include "support/golden.h"

using namespace ktstr;

TEST_CASE("emit checks shows default, scheduler and scenario merged") {
  const std::string ktstr = std::string(std::getenv("KTSTR_BUILD")) + "/src/cli/ktstr";
  const Result<Output> output = run_command(
      {.argv = {ktstr, "emit", "checks", source_file("tests/examples/checks.yaml")}}, 1min);
  REQUIRE(output);
  INFO(output->err);
  CHECK(output->exit.success());
  check_golden("tests/golden/checks.txt", output->out);
}
