// SPDX-License-Identifier: GPL-2.0-only
// What is printed reads back as the same value, for every value of the vocabulary.
#include <catch2/catch_test_macros.hpp>

#include "parse/expression.h"
#include "property/scenarios.h"
#include "schema/print.h"

using namespace ktstr;
using namespace ktstr::testing;

TEST_CASE("parse of print is the scenario, from JSON") {
  CHECK(falsify<ir::Scenario>(scenario_makers(), tries(400), [](const ir::Scenario& scenario) {
          return difference(
              scenario,
              schema::print_json(schema::cref_to(scenario), {2, schema::Defaults::omitted}),
              doc::Format::json);
        }) == "");
}

TEST_CASE("parse of print is the expression") {
  for (std::uint64_t seed = 0; seed < tries(5000); ++seed) {
    Tape tape(seed);
    const ir::Expr expr = any_expression(tape, 0);
    Diagnostics diagnostics;
    INFO(to_text(expr));
    const std::optional<ir::Expr> back = parse::parse_expression(to_text(expr), {}, diagnostics);
    REQUIRE(back.has_value());
    REQUIRE(*back == expr);
  }
}
