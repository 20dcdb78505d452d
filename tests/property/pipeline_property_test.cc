// SPDX-License-Identifier: GPL-2.0-only
// Random scenarios on the way to the guest: printed, read, expanded, encoded, decoded.
#include <catch2/catch_test_macros.hpp>

#include "expand/expand.h"
#include "property/scenarios.h"
#include "schema/codec.h"
#include "schema/diff.h"
#include "schema/print.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

/// What decoding gives other than what was encoded; empty when it is the same.
std::string lost_by_decoding(const ir::Program& program) {
  const Result<Buffer> bytes = schema::encode(schema::cref_to(program));
  if (!bytes) return describe(bytes.error());
  const Result<ir::Program> back = schema::decode<ir::Program>(*bytes);
  if (!back) return describe(back.error());
  return to_text(schema::diff(schema::cref_to(program), schema::cref_to(*back)));
}

/// Numbers and shapes that a machine may have, so that some scenarios make sense.
Makers sensible_makers() {
  Makers makers = scenario_makers();
  makers.add<topology::Shape>([](const schema::Range&, Tape& tape) {
    const auto number = [&](unsigned most) {
      return static_cast<std::uint32_t>(1 + tape.below(most));
    };
    const std::uint32_t nodes = number(2);
    return topology::Shape{nodes, nodes * number(2), number(4), number(2)};
  });
  makers.add<topology::CpuSet>([](const schema::Range&, Tape& tape) {
    return topology::CpuSet{static_cast<std::uint32_t>(tape.below(2))};
  });
  makers.expression = [](void* value, const schema::DeferredShape& shape, Tape& tape) {
    constexpr const char* names[] = {"cpus", "llcs", "nodes", "cores", "threads_per_core"};
    ir::Expr expr{std::string(names[tape.below(std::size(names))])};
    if (tape.one_in(2)) expr = {ir::Operation{ir::Operator::multiply, {expr, {2.0}}}};
    *static_cast<ir::Expr*>(shape.expression(value)) = std::move(expr);
  };
  return makers;
}

/// What goes wrong with a scenario before it comes to the guest; `made` counts its cases.
std::string trouble(const ir::Scenario& scenario, std::size_t& made) {
  const std::string text = schema::print(schema::cref_to(scenario));
  if (std::string found = difference(scenario, text, doc::Format::yaml); !found.empty())
    return found;
  const ir::SourceMap map;
  Diagnostics diagnostics;
  for (const ir::Case& each : expand::expand({"f", scenario, map}, {}, diagnostics)) {
    if (each.skip) continue;
    ++made;
    if (std::string found = lost_by_decoding(each.program); !found.empty()) return found;
  }
  return {};
}

}  // namespace

TEST_CASE("any scenario is printed, read, expanded, encoded and decoded") {
  std::size_t made = 0;
  CHECK(falsify<ir::Scenario>(scenario_makers(), tries(300), [&](const ir::Scenario& scenario) {
          return trouble(scenario, made);
        }) == "");
}

TEST_CASE("a scenario of sensible numbers is printed, read, expanded, encoded and decoded") {
  std::size_t made = 0;
  const unsigned count = tries(300);
  CHECK(falsify<ir::Scenario>(sensible_makers(), count, [&](const ir::Scenario& scenario) {
          return trouble(scenario, made);
        }) == "");
  INFO(made << " cases of " << count << " scenarios");
  CHECK(made >= count / 100);
}

TEST_CASE("any program is decoded as it was encoded") {
  CHECK(falsify<ir::Program>({}, tries(300), [](const ir::Program& program) {
          return lost_by_decoding(program);
        }) == "");
}
