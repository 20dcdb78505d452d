// SPDX-License-Identifier: GPL-2.0-only
#include "expand/evaluate.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/diagnostic.h"
#include "base/overload.h"
#include "ir/variables.h"

namespace ktstr::expand {
namespace {

using topology::Topology;

struct Builtin {
  std::string_view name;
  std::uint32_t (*value)(const Topology&);
};

constexpr Builtin builtins[] = {
    {"cpus", [](const Topology& t) { return t.cpu_count(); }},
    {"usable_cpus", [](const Topology& t) { return t.usable_cpus().count(); }},
    {"nodes", [](const Topology& t) { return static_cast<std::uint32_t>(t.nodes.size()); }},
    {"cpu_nodes", [](const Topology& t) { return t.cpu_node_count(); }},
    {"llcs", [](const Topology& t) { return t.llc_count(); }},
    {"cores", [](const Topology& t) { return t.core_count(); }},
    {"cpus_per_llc", [](const Topology& t) { return t.cpus_per_llc(); }},
    {"cores_per_llc", [](const Topology& t) { return t.cores; }},
    {"threads_per_core", [](const Topology& t) { return t.threads; }},
};

static_assert(std::ranges::equal(builtins, ir::topology_variables, {}, &Builtin::name),
              "every name that the language keeps has its value");

double divide(ir::Operator op, double a, double b) {
  return op == ir::Operator::divide ? a / b : a - b * std::floor(a / b);
}

Result<double> apply(const ir::Operation& operation, const Variables& variables) {
  std::vector<double> values;
  for (const ir::Expr& operand : operation.operands)
    values.push_back(TRY(evaluate(operand, variables)));
  const auto of = [&](std::size_t count) { CHECK(values.size() == count); };
  switch (operation.op) {
    case ir::Operator::add:
      of(2);
      return values[0] + values[1];
    case ir::Operator::subtract:
      of(2);
      return values[0] - values[1];
    case ir::Operator::multiply:
      of(2);
      return values[0] * values[1];
    case ir::Operator::divide:
    case ir::Operator::mod:
      of(2);
      if (values[1] == 0) return fail("`" + to_text(ir::Expr{operation}) + "` divides by zero");
      return divide(operation.op, values[0], values[1]);
    case ir::Operator::negate:
      of(1);
      return -values[0];
    case ir::Operator::ceil:
      of(1);
      return std::ceil(values[0]);
    case ir::Operator::floor:
      of(1);
      return std::floor(values[0]);
    case ir::Operator::min:
      CHECK(!values.empty());
      return std::ranges::min(values);
    case ir::Operator::max:
      CHECK(!values.empty());
      return std::ranges::max(values);
  }
  return fail("an operation without meaning");
}

}  // namespace

Variables::Variables(const Topology& topology) {
  for (const Builtin& builtin : builtins) values_.emplace(builtin.name, builtin.value(topology));
}

Result<double> Variables::find(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  std::vector<std::string_view> known;
  for (const auto& [key, value] : values_) known.push_back(key);
  return fail(
      "`" + std::string(name) + "` is neither a number of the topology nor one of `vars`",
      name == "i" ? "`i` exists only in a cgroup with `for_each`" : suggestion(name, known));
}

Result<double> evaluate(const ir::Expr& expr, const Variables& variables) {
  const double value = TRY(std::visit(
      Overload{[](double number) -> Result<double> { return number; },
               [&](const std::string& name) { return variables.find(name); },
               [&](const ir::Operation& operation) { return apply(operation, variables); }},
      expr.node));
  if (!std::isfinite(value)) return fail("`" + to_text(expr) + "` is not a finite number");
  return value;
}

}  // namespace ktstr::expand
