// SPDX-License-Identifier: GPL-2.0-only
// What the rules allow; what they refuse stands under tests/diagnostics.
#include <catch2/catch_test_macros.hpp>

#include "ir/variables.h"
#include "parse/new_scenario.h"
#include "parse/rules.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

TEST_CASE("a scenario is called as its file, unless it says otherwise") {
  const parse::Loaded loaded =
      parse::load_text(std::make_shared<const Source>(Source{"x.yaml", "cgroups: [{name: a}]\n"}),
                       doc::Format::yaml, "basic/two");
  CHECK(mistakes(loaded.diagnostics) == "");
  CHECK(loaded.scenarios.at(0).scenario.name == "two");
  CHECK(loaded.scenarios.at(0).stem == "basic/two");
  CHECK(load_text("name: other\ncgroups: [{name: a}]\n").scenarios.at(0).scenario.name == "other");
}

TEST_CASE("a file may hold several documents with names of their own") {
  const parse::Loaded loaded =
      load_text("name: one\ncgroups: [{name: a}]\n---\nname: two\ncgroups: [{name: a}]\n");
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 2);
  CHECK(loaded.scenarios[1].scenario.name == "two");
  const parse::Loaded half =
      load_text("name: one\ncgroups: [{name: a}]\n---\nname: two\nnonsense: 1\n");
  CHECK(half.scenarios.at(0).sound);
  CHECK_FALSE(half.scenarios.at(1).sound);
}

TEST_CASE("ops may act on whatever is there when they run") {
  CHECK(mistakes(R"(backdrop:
  cgroups:
    - {name: a}
    - {name: "n_{i}", for_each: 3}
  ops: [{add_cgroup: a/inner}]
steps:
  - ops:
      - define_cgroup: {name: "m_{i}", for_each: llc}
      - freeze: m_0
      - swap_cpusets: [a, n_2]
      - remove_cgroup: a/inner
      - add_cgroup: a/inner
    hold: 1s
  - ops:
      - add_cgroup: tmp
      - spawn: {cgroup: tmp, workers: 2}
      - sleep: 5ms
      - remove_cgroup: tmp
    hold: {every: 100ms, for: 1s}
  - ops: [{add_cgroup: tmp}, {freeze: a/inner}]
    hold: 1s
)") == "E020 20:39 there is no cgroup `a/inner` here (it is removed at test.yaml:11:24)\n");
}

TEST_CASE("a step's cgroups end with it, so that the next may use their names") {
  CHECK(mistakes("steps:\n"
                 "  - {cgroups: [{name: a}], hold: 1s}\n"
                 "  - {cgroups: [{name: a}], ops: [{freeze: a}], hold: 1s}\n") == "");
}

TEST_CASE("a cgroup that could not be read is not missed by ops") {
  CHECK(mistakes("backdrop: {cgroups: [{nam: a}]}\n"
                 "steps: [{ops: [{freeze: a}], hold: 1s}]\n") ==
        "E011 1:22 `name` is missing in a cgroup (it takes text)\n"
        "E012 1:23 unknown key `nam` in a cgroup (did you mean `name`?)\n");
}

TEST_CASE("vars may use each other in any order") {
  CHECK(mistakes("vars: {a: b * 2, b: c + cpus, c: 4}\n"
                 "cgroups: [{name: x, workers: \"min(a, b, c)\"}]\n") == "");
}

TEST_CASE("the number of a repetition exists in all of its cgroup and nowhere else") {
  CHECK(mistakes("cgroups:\n"
                 "  - {name: \"x_{i}\", for_each: 2, cpuset: {disjoint: [i, 2]}, workers: i + 1,\n"
                 "     groups: [{nice: i}]}\n"
                 "steps: []\n") == "");
  CHECK(mistakes("cgroups:\n  - {name: \"x_{i}\", for_each: i}\n") ==
        "E018 2:31 `i` is neither a number of the topology nor one of `vars` (`i` exists only in "
        "a cgroup with `for_each`)\n");
}

TEST_CASE("holds may fill the duration exactly") {
  CHECK(mistakes("backdrop: {cgroups: [{name: a}]}\n"
                 "steps: [{hold: 33.3%}, {hold: 33.3%}, {hold: 33.4%}, {hold: 10s}]\n") == "");
}

TEST_CASE("no name of the language can be taken by a var") {
  for (const std::string_view name : ir::topology_variables) {
    INFO(name);
    CHECK(mistakes("cgroups: [{name: a}]\nvars: {" + std::string(name) + ": 1}\n")
              .starts_with("E022"));
  }
}

TEST_CASE("the scenario that `new` writes can be used as it is") {
  for (const char* name : {"mine", "12", "1.5", "true", "null", "-"}) {
    INFO(name);
    CHECK_FALSE(parse::flaw_of_name(name));
    CHECK(mistakes(parse::new_scenario_text(name)).empty());
  }
  for (const char* name : {"a b: c", "", "x/y", "it's", ".x", "a\nb"}) {
    INFO(name);
    CHECK(parse::flaw_of_name(name));
  }
  const parse::Loaded loaded = load_text(parse::new_scenario_text("mine"));
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 1);
  CHECK(loaded.scenarios[0].scenario.name == "mine");
  CHECK(loaded.scenarios[0].scenario.claims.size() == 3);
}
