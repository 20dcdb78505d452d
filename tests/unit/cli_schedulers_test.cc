// SPDX-License-Identifier: GPL-2.0-only
// The programs of schedulers: packed for the cases that need them, the reason for a skip where a
// scenario's own is missing, an error where the command line's is.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "cli/schedulers.h"
#include "unit/cli_cases.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

struct PackedCases : test::Cases {
  std::string error{};

  explicit PackedCases(const std::string& scenarios, const std::vector<std::string>& choices = {}) {
    write("present", "#!/bin/sh\n");
    const std::vector<expand::SchedulerChoice> chosen = scheduler_choices(choices).value();
    expand(scenarios, {.schedulers = chosen});
    if (const Status packed = pack_schedulers(cases, {chosen, {}}); !packed)
      error = describe(packed.error());
  }

  [[nodiscard]] std::string skip_of(const std::string& scenario) const {
    const auto found = std::ranges::find(
        cases, scenario, [](const PlannedCase& each) { return each.planned.id.scenario; });
    REQUIRE(found != cases.end());
    return found->planned.skip.value_or("");
  }
};

bool has(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

constexpr const char* lost = R"(name: lost
schedulers: [{name: mine, binary: no-such-program}]
scheduler: mine
cgroups: [{name: a}]
)";

}  // namespace

TEST_CASE("a scheduler's program is found beside its scenario and packed for those that use it") {
  const PackedCases it(R"(name: user
schedulers: [{name: mine, binary: ./present}]
scheduler: mine
cgroups: [{name: a}]
---
name: other
cgroups: [{name: a}]
)");
  CHECK(it.error.empty());
  const std::string program = it.cases.at(0).planned.program.schedulers.at(0).program;
  CHECK(program.starts_with("/schedulers/"));
  CHECK(program.ends_with("/present"));
  CHECK(test::paths_of(it.cases[0]).contains(program.substr(1)));
  CHECK(it.cases.at(1).bundles.empty());
}

TEST_CASE("a missing program of a scheduler that a scenario defines skips its cases alone") {
  const PackedCases it(std::string(lost) + R"(---
name: later
schedulers: [{name: mine, binary: no-such-program}]
backdrop: {cgroups: [{name: a}]}
steps: [{hold: 1s}, {ops: [{attach_scheduler: mine}], hold: 1s}]
---
name: unused
schedulers: [{name: mine, binary: no-such-program}]
cgroups: [{name: a}]
---
name: builtin
schedulers: [{name: mine, builtin: {enable: [[no-such-tool]], disable: [[no-such-tool]]}}]
scheduler: mine
cgroups: [{name: a}]
)");
  CHECK(it.error.empty());
  for (const char* part :
       {"s.yaml:2:", "the program `no-such-program` of the scheduler `mine` is", "looked in ",
        "$PATH", "--program-dir DIRECTORY adds to that", "--scheduler mine=PATH says where it is"})
    CHECK(has(it.skip_of("lost"), part));
  CHECK(has(it.skip_of("later"), "`no-such-program` of the scheduler `mine`"));
  CHECK(it.skip_of("unused").empty());
  CHECK(has(it.skip_of("builtin"), "the program `no-such-tool` of the scheduler `mine`"));
}

TEST_CASE("so it does when the command line only chooses it, and not under the kernel's own") {
  const PackedCases it(lost, {"mine", "-"});
  CHECK(it.error.empty());
  REQUIRE(it.cases.size() == 2);
  CHECK(it.cases[0].planned.skip);
  CHECK_FALSE(it.cases[1].planned.skip);
}

TEST_CASE("what the command line demands must be there") {
  CHECK(
      has(PackedCases(lost, {"mine=/no/such/program"}).error, "--scheduler mine=/no/such/program"));
  CHECK(has(PackedCases(lost, {"nobody"}).error,
            "the program `nobody` of the scheduler `nobody` is"));
  CHECK(has(PackedCases(lost, {"nobody=/no/such/program"}).error, "/no/such/program"));
}

TEST_CASE("a configuration file that is missing is the scenario's mistake") {
  const PackedCases it(R"(name: s
schedulers: [{name: mine, binary: ./present, config: gone.toml}]
scheduler: mine
cgroups: [{name: a}]
)");
  CHECK(has(it.error, "gone.toml"));
}

TEST_CASE("a program that cannot be packed skips like one that is missing") {
  PackedCases it(lost);
  it.write("no-such-program", "neither ELF nor script");
  it.expand(lost);
  REQUIRE(pack_schedulers(it.cases, {}));
  CHECK(has(it.skip_of("lost"), "neither an ELF program nor a script"));
}
