// SPDX-License-Identifier: GPL-2.0-only
// The examples of the language's description (tests/examples) read as they stand; what they use of
// later features is refused by name and by nothing else.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <set>

#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

parse::Loaded load_example(const std::string& name) {
  const char* source = std::getenv("KTSTR_SOURCE");
  REQUIRE(source != nullptr);
  return parse::load(std::string(source) + "/tests/examples/" + name, name);
}

}  // namespace

TEST_CASE("the first example of the language is a sound scenario") {
  const parse::Loaded loaded = load_example("cpuset_resize.yaml");
  CHECK(mistakes(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 1);
  CHECK(loaded.scenarios[0].scenario.claims.size() == 4);
}

TEST_CASE("the further examples are refused only for what is not built yet") {
  const parse::Loaded loaded = load_example("more.yaml");
  REQUIRE(loaded.scenarios.size() == 4);
  for (const Diagnostic& each : loaded.diagnostics.all()) {
    INFO(render(each, false));
    CHECK(each.code == code("not_yet"));
  }
  std::set<std::string> sound;
  for (const auto& each : loaded.scenarios)
    if (each.sound) sound.insert(each.scenario.name);
  CHECK(sound == std::set<std::string>{"cgroup_churn", "llc_pairs_stay_home",
                                       "schbench_under_simple", "stall_is_caught"});
}
