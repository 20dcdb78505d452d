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

TEST_CASE("emit acpi shows every table of our own monitor's machines, case by case") {
  std::string seen;
  std::istringstream lines(emitted("acpi", "scenarios/truth/disk.yaml"));
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t name = line.find(" @ 0x"); name != std::string::npos)
      seen += line.substr(0, name) + " ";
    else if (line.starts_with("# "))
      seen += line + ": ";
  CHECK(seen == "# disk/disk/-/-/-/-: RSDP XSDT FACP DSDT APIC SRAT SLIT PPTT ");
}
