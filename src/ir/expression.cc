// SPDX-License-Identifier: GPL-2.0-only
#include "ir/expression.h"

#include "base/overload.h"
#include "schema/scalars.h"

namespace ktstr::ir {
namespace {

struct Notation {
  std::string_view text;
  int precedence;  ///< 0: a function call.
};

Notation notation(Operator op) {
  switch (op) {
    case Operator::add:
      return {" + ", 1};
    case Operator::subtract:
      return {" - ", 1};
    case Operator::multiply:
      return {" * ", 2};
    case Operator::divide:
      return {" / ", 2};
    case Operator::mod:
      return {" mod ", 2};
    case Operator::negate:
      return {"-", 3};
    case Operator::min:
      return {"min", 0};
    case Operator::max:
      return {"max", 0};
    case Operator::ceil:
      return {"ceil", 0};
    case Operator::floor:
      return {"floor", 0};
  }
  return {};
}

std::string print(const Expr& expr, int around);

std::string print(const Operation& operation, int around) {
  const auto [text, precedence] = notation(operation.op);
  std::string out;
  if (precedence == 0) {
    for (const Expr& operand : operation.operands)
      out += (out.empty() ? "" : ", ") + print(operand, 0);
    return std::string(text) + "(" + out + ")";
  }
  if (operation.op == Operator::negate) {
    out = std::string(text) + print(operation.operands[0], precedence);
  } else {
    // Left-associative: an equal operation on the right needs its parentheses.
    out = print(operation.operands[0], precedence) + std::string(text) +
          print(operation.operands[1], precedence + 1);
  }
  return precedence < around ? "(" + out + ")" : out;
}

std::string print(const Expr& expr, int around) {
  return std::visit(Overload{[](double value) { return schema::print_number(value); },
                             [](const std::string& name) { return name; },
                             [&](const Operation& operation) { return print(operation, around); }},
                    expr.node);
}

}  // namespace

bool Operation::operator==(const Operation& other) const {
  return op == other.op && operands == other.operands;
}

bool Expr::operator==(const Expr& other) const {
  return node == other.node;
}

std::string to_text(const Expr& expr) {
  return print(expr, 0);
}

}  // namespace ktstr::ir
