// SPDX-License-Identifier: GPL-2.0-only
#include "property/scenarios.h"

#include <cstdlib>

#include "parse/reader.h"
#include "parse/scalars.h"
#include "schema/diff.h"

namespace ktstr::testing {

unsigned tries(unsigned usual) {
  const char* wanted = std::getenv("KTSTR_PROPERTY_COUNT");
  return wanted == nullptr ? usual : static_cast<unsigned>(std::stoul(wanted));
}

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
  makers.add<ir::Rate>([](const schema::Range& range, Tape& tape) {
    return ir::Rate{number_within(range, 0, 1e9, tape)};
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

}  // namespace ktstr::testing
