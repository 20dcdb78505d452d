// SPDX-License-Identifier: GPL-2.0-only
#include "claims/evaluate.h"

#include "base/check.h"
#include "base/overload.h"
#include "claims/functions.h"
#include "claims/select.h"

namespace ktstr::claims {
namespace {

Type literal_type(const ir::Quantity& quantity) {
  return {.dim = dim_of(quantity.dimension), .share = quantity.percent};
}

double literal_value(const ir::Quantity& quantity) {
  return quantity.dimension == ir::Dimension::rate ? quantity.value / 1e9 : quantity.value;
}

/// series() takes the selector itself, not its value.
const ir::Selector* sampled_selector(const ir::Call& call) {
  if (call.function != ir::Function::series || call.arguments.size() != 1) return nullptr;
  return std::get_if<ir::Selector>(&call.arguments[0]);
}

Lookup lookup_in(const Facts& facts) {
  return [&facts](const ir::Selector& selector) {
    const auto is_var = [&](const std::string& name) { return facts.judged().vars.contains(name); };
    return resolve(selector, {is_var, facts.judged().payloads});
  };
}

Value value_of_selector(const ir::Selector& selector, const Facts& facts) {
  const auto resolved = lookup_in(facts)(selector);
  if (resolved->of != Resolved::Of::variable) return select(facts, *resolved);
  if (const Variable* variable = find_row(variables, resolved->variable))
    return scalar_value(resolved->type, variable->value(facts.judged().program.topology));
  return scalar_value(resolved->type, facts.judged().vars.at(resolved->variable));
}

/// Types have been checked.
Value value_of(const ir::ClaimExpr& expr, const Facts& facts);

template <class Op>
Value value_of(Op op, const std::vector<ir::ClaimExpr>& arguments, const Facts& facts) {
  std::vector<Value> values;
  std::vector<Type> types;
  for (const ir::ClaimExpr& argument : arguments) {
    values.push_back(value_of(argument, facts));
    types.push_back(values.back().type);
  }
  const Typed type = type_of(op, types);
  CHECK(type.has_value());
  if constexpr (std::is_same_v<Op, ir::Function>)
    return apply(op, *type, values, facts.judged().program.topology);
  else
    return apply(op, *type, values);
}

Value value_of(const ir::ClaimExpr& expr, const Facts& facts) {
  return std::visit(
      Overload{[](const ir::Quantity& quantity) {
                 return scalar_value(literal_type(quantity), literal_value(quantity));
               },
               [](const ir::TextLiteral& literal) {
                 return scalar_value({.base = Base::text}, literal.text);
               },
               [](const ir::CpuSetLiteral& literal) {
                 return scalar_value({.base = Base::cpus}, literal.cpus);
               },
               [&](const ir::Selector& selector) { return value_of_selector(selector, facts); },
               [&](const schema::Box<ir::Call>& call) {
                 if (const ir::Selector* selector = sampled_selector(*call))
                   return select_series(facts, *lookup_in(facts)(*selector));
                 return value_of(call->function, call->arguments, facts);
               },
               [&](const schema::Box<ir::Arithmetic>& arithmetic) {
                 return value_of(arithmetic->op, arithmetic->operands, facts);
               }},
      expr);
}

tl::expected<std::vector<Type>, TypeError> types_of(const std::vector<ir::ClaimExpr>& exprs,
                                                    const Lookup& lookup) {
  std::vector<Type> out;
  for (const ir::ClaimExpr& expr : exprs) {
    const Typed type = type_of(expr, lookup);
    if (!type) return tl::unexpected(type.error());
    out.push_back(*type);
  }
  return out;
}

}  // namespace

Typed type_of(const ir::ClaimExpr& expr, const Lookup& lookup) {
  return std::visit(
      Overload{[](const ir::Quantity& quantity) -> Typed { return literal_type(quantity); },
               [](const ir::TextLiteral&) -> Typed { return Type{.base = Base::text}; },
               [](const ir::CpuSetLiteral&) -> Typed { return Type{.base = Base::cpus}; },
               [&](const ir::Selector& selector) -> Typed {
                 const auto resolved = lookup(selector);
                 if (!resolved) return tl::unexpected(resolved.error());
                 return resolved->type;
               },
               [&](const schema::Box<ir::Call>& call) -> Typed {
                 const auto types = types_of(call->arguments, lookup);
                 if (!types) return tl::unexpected(types.error());
                 if (call->function == ir::Function::series) {
                   const ir::Selector* selector = sampled_selector(*call);
                   const auto resolved = selector ? lookup(*selector) : tl::unexpected(TypeError{});
                   const bool told = resolved && resolved->type.sampled;
                   if (!told && (!resolved || !resolved->metric ||
                                 ((*resolved->metric)->kind != ir::MetricKind::counter &&
                                  (*resolved->metric)->kind != ir::MetricKind::cpus)))
                     return type_error("series() takes a counter or cpus_used, by its name",
                                       "series(a.iterations)");
                 }
                 return type_of(call->function, *types);
               },
               [&](const schema::Box<ir::Arithmetic>& arithmetic) -> Typed {
                 const auto types = types_of(arithmetic->operands, lookup);
                 if (!types) return tl::unexpected(types.error());
                 return type_of(arithmetic->op, *types);
               }},
      expr);
}

Value evaluate(const ir::ClaimExpr& expr, const Facts& facts) {
  const Typed type = type_of(expr, lookup_in(facts));
  if (!type) return scalar_value({}, Missing{type.error().message});
  return value_of(expr, facts);
}

void collect(const ir::ClaimExpr& expr, std::vector<Mention>& mentions) {
  std::visit(Overload{[](const ir::Quantity&) {}, [](const ir::TextLiteral&) {},
                      [](const ir::CpuSetLiteral&) {},
                      [&](const ir::Selector& selector) {
                        mentions.push_back({&selector, false});
                      },
                      [&](const schema::Box<ir::Call>& call) {
                        if (const ir::Selector* selector = sampled_selector(*call))
                          return mentions.push_back({selector, true});
                        for (const ir::ClaimExpr& argument : call->arguments)
                          collect(argument, mentions);
                      },
                      [&](const schema::Box<ir::Arithmetic>& arithmetic) {
                        for (const ir::ClaimExpr& operand : arithmetic->operands)
                          collect(operand, mentions);
                      }},
             expr);
}

void for_each_call(const ir::ClaimExpr& expr, const std::function<void(const ir::Call&)>& visit) {
  if (const auto* call = std::get_if<schema::Box<ir::Call>>(&expr)) {
    visit(**call);
    for (const ir::ClaimExpr& argument : (*call)->arguments) for_each_call(argument, visit);
  } else if (const auto* arithmetic = std::get_if<schema::Box<ir::Arithmetic>>(&expr)) {
    for (const ir::ClaimExpr& operand : (*arithmetic)->operands) for_each_call(operand, visit);
  }
}

}  // namespace ktstr::claims
