// SPDX-License-Identifier: GPL-2.0-only
// Arithmetic that a scenario may write where a number stands: `cpus / 2`, `ceil(cores * 0.9)`.
// parse builds the tree, expand resolves it against a topology, and the wire refuses one that is
// left.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/describe.h"

namespace ktstr::ir {

enum class Operator { add, subtract, multiply, divide, negate, mod, min, max, ceil, floor };

struct Expr;

struct Operation {
  Operator op = Operator::add;
  std::vector<Expr> operands;  ///< One for negate, ceil, floor; two for arithmetic and mod.

  bool operator==(const Operation&) const;
};

/// A number, the name of a variable, or an operation on others.
struct Expr {
  std::variant<double, std::string, Operation> node;

  bool operator==(const Expr&) const;
};

/// The text of an expression, with just the parentheses it needs.
std::string to_text(const Expr& expr);

/// A T that a file may write as an expression.
template <class T>
struct Val {
  std::variant<T, Expr> value;

  Val() = default;
  Val(T literal) : value(std::move(literal)) {}           // NOLINT: a literal is a Val
  Val(Expr expression) : value(std::move(expression)) {}  // NOLINT: and so is an expression
  bool operator==(const Val&) const = default;

  [[nodiscard]] bool resolved() const { return value.index() == 0; }
  /// The literal; only where expand has been.
  [[nodiscard]] const T& get() const { return std::get<0>(value); }
};

using Count = Val<std::int64_t>;
using Number = Val<double>;

/// A literal count whose range begins at 0 or above and ends within 32 bits.
inline std::uint32_t natural(const Count& count) {
  return static_cast<std::uint32_t>(count.get());
}

}  // namespace ktstr::ir

template <class T>
struct ktstr::schema::detail::Describe<ktstr::ir::Val<T>> {
  using Val = ir::Val<T>;
  static constexpr std::string_view name = "", doc = "";
  template <std::size_t Index>
  static void* alternative(void* data) {
    auto& value = as<Val>(data).value;
    if (value.index() != Index) value.template emplace<Index>();
    return &std::get<Index>(value);
  }
  static constexpr Shape shape() {
    return DeferredShape{
        &type_of<T>, [](const void* data) { return as<Val>(data).resolved(); }, &alternative<0>,
        &alternative<1>,
        [](const void* data) { return to_text(std::get<ir::Expr>(as<Val>(data).value)); }};
  }
};
