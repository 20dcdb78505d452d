// SPDX-License-Identifier: GPL-2.0-only
// What is printed reads back as the same value, for every value of the vocabulary. The rules are
// not asked: a generated scenario may name cgroups that no one creates.
#include <catch2/catch_test_macros.hpp>

#include "doc/load.h"
#include "ir/scenario.h"
#include "parse/expression.h"
#include "parse/reader.h"
#include "parse/scalars.h"
#include "schema/diff.h"
#include "schema/print.h"
#include "support/generate.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

ir::Expr any_expression(Tape& tape, unsigned depth) {
  using ir::Operator;
  const auto operand = [&] { return any_expression(tape, depth + 1); };
  switch (depth > 3 ? tape.below(2) : tape.below(6)) {
    case 0: {
      const char* names[] = {"cpus", "x", "i", "min_x", "_y2", "threads_per_core"};
      return {std::string(names[tape.below(6)])};
    }
    case 1: {
      const double numbers[] = {1, 0, -3, 0.5, 0.1, 1e21, 12345.678, 1e-7};
      return {numbers[tape.below(8)]};
    }
    case 2: {
      // A minus before a number is the number's own.
      ir::Expr inner = operand();
      if (const double* number = std::get_if<double>(&inner.node)) return {-*number};
      return {ir::Operation{Operator::negate, {inner}}};
    }
    case 3:
      return {ir::Operation{tape.one_in(2) ? Operator::ceil : Operator::floor, {operand()}}};
    case 4: {
      ir::Operation out{tape.one_in(2) ? Operator::min : Operator::max, {operand()}};
      while (tape.one_in(2) && out.operands.size() < 4) out.operands.push_back(operand());
      return {out};
    }
    default: {
      const Operator ops[] = {Operator::add, Operator::subtract, Operator::multiply,
                              Operator::divide, Operator::mod};
      return {ir::Operation{ops[tape.below(5)], {operand(), operand()}}};
    }
  }
}

Makers scenario_makers() {
  Makers makers;
  makers.add<topology::CpuSet>([](const schema::Range&, Tape& tape) {
    topology::CpuSet out;
    for (std::uint64_t n = tape.below(5); n > 0; --n)
      out.add(static_cast<std::uint32_t>(tape.below(200)));
    return out;
  });
  makers.add<topology::Shape>([](const schema::Range&, Tape& tape) {
    const auto number = [&] { return static_cast<std::uint32_t>(tape.below(100)); };
    return topology::Shape{number(), number(), number(), number()};
  });
  makers.add<ir::Claim>([](const schema::Range&, Tape& tape) {
    const char* texts[] = {"a.max_gap <= 1s", "cgroup[cg_*].stray_cpus is empty",
                           "rate(b.cpu_time@uneven) / rate(b.cpu_time@even) >= 1.2",
                           "a.cpus_used == {0-3,8}"};
    ir::Claim out;
    Diagnostics diagnostics;
    parse::scalar_reader(schema::type_of<ir::Claim>())
        .read(texts[tape.below(4)], {}, &out, diagnostics);
    return out;
  });
  makers.add<Nanos>([](const schema::Range& range, Tape& tape) {
    return Nanos(static_cast<std::int64_t>(number_within(range, 0, 1e15, tape)));
  });
  makers.add<Share>([](const schema::Range& range, Tape& tape) {
    return Share{number_within(range, 0, 40, tape)};
  });
  makers.expression = [](void* value, const schema::DeferredShape& shape, Tape& tape) {
    ir::Expr expr = any_expression(tape, 0);
    if (std::holds_alternative<double>(expr.node)) expr = {std::string("cpus")};
    *static_cast<ir::Expr*>(shape.expression(value)) = std::move(expr);
  };
  return makers;
}

/// What reading `text` gives other than `value`; empty when it is the same.
std::string difference(const ir::Scenario& value, std::string text, doc::Format format) {
  const auto source = std::make_shared<const Source>(Source{"printed", std::move(text)});
  Diagnostics diagnostics;
  const std::vector<doc::Document> documents = doc::parse(source, format, diagnostics);
  ir::Scenario back;
  ir::SourceMap map;
  if (documents.size() == 1)
    parse::read({documents[0].root, {source}}, schema::ref_to(back), map, diagnostics);
  std::string out;
  for (const Diagnostic& each : diagnostics.all()) out += render(each, false);
  if (out.empty() && back != value)
    out = "differs: " + to_text(schema::diff(schema::cref_to(value), schema::cref_to(back)));
  return out;
}

}  // namespace

TEST_CASE("parse of print is the scenario, from YAML") {
  CHECK(falsify<ir::Scenario>(scenario_makers(), 400, [](const ir::Scenario& scenario) {
          return difference(scenario, schema::print(schema::cref_to(scenario)), doc::Format::yaml);
        }) == "");
}

TEST_CASE("parse of print is the scenario, from JSON") {
  CHECK(falsify<ir::Scenario>(scenario_makers(), 400, [](const ir::Scenario& scenario) {
          return difference(
              scenario,
              schema::print_json(schema::cref_to(scenario), {2, schema::Defaults::omitted}),
              doc::Format::json);
        }) == "");
}

TEST_CASE("parse of print is the expression") {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Tape tape(seed);
    const ir::Expr expr = any_expression(tape, 0);
    Diagnostics diagnostics;
    INFO(to_text(expr));
    const std::optional<ir::Expr> back = parse::parse_expression(to_text(expr), {}, diagnostics);
    REQUIRE(back.has_value());
    REQUIRE(*back == expr);
  }
}
