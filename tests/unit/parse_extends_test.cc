// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "support/parse_text.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::testing;

TEST_CASE("a scenario adds to the one it extends, and the name is its own") {
  const parse::Loaded loaded = load_text(R"(
name: one
about: first
duration: 9s
tags: [x]
cgroups: [{name: a, workers: 1, cpu: {weight: 50}}, {name: b, workers: 2}]
claims: [a.iterations > 0]
---
name: two
extends: one
duration: 3s
cgroups: [{name: b, nice: 3}, {name: c}]
claims: [b.iterations > 0]
)");
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 2);
  const ir::Scenario& two = loaded.scenarios[1].scenario;
  CHECK(two.name == "two");
  CHECK(two.about == "first");
  CHECK(two.duration == 3s);
  CHECK(two.tags == std::vector<std::string>{"x"});
  REQUIRE(two.cgroups.size() == 3);
  CHECK(two.cgroups[0].cpu.weight == ir::Count(50));
  CHECK(two.cgroups[1].group.workers == ir::Workers(ir::Count(2)));
  CHECK(two.cgroups[1].group.nice == ir::Count(3));
  REQUIRE(two.claims.size() == 1);
  CHECK(two.claims[0].text == "b.iterations > 0");
  CHECK(loaded.scenarios[1].map.find("cgroups[0].cpu.weight").span.line == 6);
}

TEST_CASE("what is extended may extend, stand later, and be there for nothing else") {
  const parse::Loaded loaded = load_text(R"(
name: leaf
extends: middle
---
name: middle
extends: _root
settle: 1s
---
name: _root
duration: 7s
cgroups: [{name: a}]
)");
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 2);
  CHECK(loaded.scenarios[0].scenario.name == "leaf");
  CHECK(loaded.scenarios[0].scenario.duration == 7s);
  CHECK(loaded.scenarios[0].scenario.settle == 1s);
  CHECK(loaded.scenarios[1].scenario.name == "middle");
}

TEST_CASE("an included file of several documents offers its scenarios") {
  const TemporaryDirectory files;
  std::ofstream(files / "_library.yaml") << "name: _load\ncgroups: [{name: a, nice: 50}]\n---\n"
                                            "name: _calm\ncgroups: [{name: b}]\n";
  std::ofstream(files / "main.yaml") << "include: _library.yaml\nextends: _calm\nduration: 2s\n";
  const parse::Loaded calm = parse::load(files / "main.yaml", "main");
  CHECK(mistakes(calm.diagnostics) == "");
  REQUIRE(calm.scenarios.size() == 1);
  CHECK(calm.scenarios[0].scenario.name == "main");
  CHECK(calm.scenarios[0].scenario.cgroups.at(0).name == "b");

  std::ofstream(files / "main.yaml") << "include: _library.yaml\nextends: _load\n";
  const parse::Loaded load = parse::load(files / "main.yaml", "main");
  REQUIRE(load.diagnostics.all().size() == 1);
  CHECK(load.diagnostics.all()[0].place.source->name == files / "_library.yaml");
}

TEST_CASE("a circle, a stranger and another shape are mistakes at their place") {
  CHECK(mistakes("name: a\nextends: b\n---\nname: b\nextends: a\ncgroups: [{name: x}]\n") ==
        "E027 5:10 `a` would extend itself\n"
        "E027 2:10 `b` would extend itself\n");
  CHECK(mistakes("extends: nobody\ncgroups: [{name: x}]\n") ==
        "E027 1:10 there is no scenario `nobody` here\n");
  CHECK(mistakes("extends: [a]\ncgroups: [{name: x}]\n") ==
        "E010 1:10 `extends` takes the name of a scenario\n");
}
