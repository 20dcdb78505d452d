// SPDX-License-Identifier: GPL-2.0-only
// Recursive descent over
//   expr  = term, { ( "+" | "-" ), term } ;
//   term  = unary, { ( "*" | "/" | "mod" ), unary } ;
//   unary = "-", unary | primary ;
//   primary = number, [ "%" ] | name | function, "(", expr, { ",", expr }, ")" | "(", expr, ")" ;
#include "parse/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "parse/quantity.h"

namespace ktstr::parse {
namespace {

using ir::Expr;
using ir::Operation;
using ir::Operator;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t word_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (is_letter(text[length]) || is_digit(text[length]))) ++length;
  return length;
}

struct Function {
  std::string_view name;
  Operator op;
  std::size_t most_operands;
};

constexpr Function functions[] = {{"min", Operator::min, 64},
                                  {"max", Operator::max, 64},
                                  {"ceil", Operator::ceil, 1},
                                  {"floor", Operator::floor, 1},
                                  {"mod", Operator::mod, 2}};

struct Mistake {
  std::size_t at;
  std::size_t length;
  std::string message;
  std::string hint;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Expr> whole() {
    std::optional<Expr> out = sum(0);
    if (out && next() != '\0') return unexpected("an operator or the end");
    return out;
  }

  [[nodiscard]] const Mistake& mistake() const { return mistake_; }

 private:
  /// The next character that is not blank; NUL at the end.
  char next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool eat(char c) {
    if (next() != c || c == '\0') return false;
    ++at_;
    return true;
  }

  bool eat_word(std::string_view word) {
    next();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || word_length(rest) != word.size()) return false;
    at_ += word.size();
    return true;
  }

  std::nullopt_t wrong(std::size_t at, std::size_t length, std::string message,
                       std::string hint = {}) {
    mistake_ = {at, length, std::move(message), std::move(hint)};
    return std::nullopt;
  }

  std::nullopt_t unexpected(const std::string& wanted) {
    const char c = next();
    if (c == '\0')
      return wrong(at_, 1, "expected " + wanted + ", but the expression ends here",
                   wanted.starts_with("`,`")
                       ? "within { } or [ ] of YAML, a value with a comma stands in quotes"
                       : "");
    if (c == '%')
      return wrong(at_, 1, "expected " + wanted + ", found `%`",
                   "`%` follows a number; the remainder of a division is `mod`");
    std::size_t length = std::max<std::size_t>(1, word_length(text_.substr(at_)));
    while (at_ + length < text_.size() && (text_[at_ + length] & '\xC0') == '\x80') ++length;
    const std::string seen(text_.substr(at_, length));
    return wrong(at_, length, "expected " + wanted + ", found `" + seen + "`",
                 seen == "−"   ? "write `-`"
                 : seen == "×" ? "write `*`"
                               : "");
  }

  static Expr combine(Operator op, Expr a, Expr b) {
    return {Operation{op, {std::move(a), std::move(b)}}};
  }

  std::optional<Expr> sum(unsigned depth) {
    if (depth > deepest_expression) return wrong(at_, 1, "the expression is nested too deeply");
    std::optional<Expr> left = product(depth);
    while (left) {
      Operator op;
      if (eat('+'))
        op = Operator::add;
      else if (eat('-'))
        op = Operator::subtract;
      else
        break;
      std::optional<Expr> right = product(depth);
      if (!right) return std::nullopt;
      left = combine(op, std::move(*left), std::move(*right));
    }
    return left;
  }

  std::optional<Expr> product(unsigned depth) {
    std::optional<Expr> left = unary(depth);
    while (left) {
      Operator op;
      if (eat('*'))
        op = Operator::multiply;
      else if (eat('/'))
        op = Operator::divide;
      else if (eat_word("mod"))
        op = Operator::mod;
      else
        break;
      std::optional<Expr> right = unary(depth);
      if (!right) return std::nullopt;
      left = combine(op, std::move(*left), std::move(*right));
    }
    return left;
  }

  std::optional<Expr> unary(unsigned depth) {
    if (!eat('-')) return primary(depth);
    if (depth >= deepest_expression) return wrong(at_, 1, "the expression is nested too deeply");
    std::optional<Expr> operand = unary(depth + 1);
    if (!operand) return std::nullopt;
    if (const double* number = std::get_if<double>(&operand->node);
        number != nullptr && !std::signbit(*number))
      return Expr{-*number};
    return Expr{Operation{Operator::negate, {std::move(*operand)}}};
  }

  std::optional<Expr> primary(unsigned depth) {
    const char c = next();
    if (is_digit(c)) return number();
    if (is_letter(c)) return name_or_call(depth);
    if (!eat('(')) return unexpected("a number, a name or `(`");
    std::optional<Expr> inner = sum(depth + 1);
    if (inner && !eat(')')) return unexpected("an operator or `)`");
    return inner;
  }

  std::optional<Expr> number() {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    const auto length = static_cast<std::size_t>(end - begin);
    if (error != std::errc() || !std::isfinite(value))
      return wrong(at_, std::max<std::size_t>(length, 1), "the number is too large");
    const std::string_view digits = text_.substr(at_, length);
    at_ += length;
    if (at_ < text_.size() && is_letter(text_[at_])) {
      const std::size_t word = word_length(text_.substr(at_));
      return wrong(at_, word,
                   "a number in an expression has no unit, found `" +
                       std::string(text_.substr(at_, word)) + "`");
    }
    if (at_ < text_.size() && text_[at_] == '%') {
      ++at_;
      const bool decimal = digits.find_first_of("eE") == std::string_view::npos;
      value = decimal ? decimal_value(digits, -2) : value / 100;
    }
    return Expr{value};
  }

  std::optional<Expr> name_or_call(unsigned depth) {
    const std::size_t start = at_;
    const std::string_view name = text_.substr(at_, word_length(text_.substr(at_)));
    at_ += name.size();
    const auto* function = std::ranges::find(functions, name, &Function::name);
    const bool is_function = function != std::end(functions);
    if (next() != '(') {
      if (is_function)
        return wrong(start, name.size(), "`" + std::string(name) + "` is a function",
                     "write `" + std::string(name) + "(…)`");
      return Expr{std::string(name)};
    }
    if (!is_function) {
      constexpr std::array<std::string_view, 5> names{"min", "max", "ceil", "floor", "mod"};
      return wrong(start, name.size(), "`" + std::string(name) + "` is not a function",
                   suggestion(name, {names.begin(), names.end()}));
    }
    ++at_;
    return call(*function, start, depth);
  }

  std::optional<Expr> call(const Function& function, std::size_t start, unsigned depth) {
    Operation out{function.op, {}};
    do {
      std::optional<Expr> operand = sum(depth + 1);
      if (!operand) return std::nullopt;
      out.operands.push_back(std::move(*operand));
    } while (eat(','));
    if (!eat(')')) return unexpected("`,` or `)`");
    const std::size_t least = function.op == Operator::mod ? 2 : 1;
    if (out.operands.size() > function.most_operands || out.operands.size() < least)
      return wrong(start, function.name.size(),
                   "`" + std::string(function.name) + "` takes " +
                       (least == 2                    ? "two numbers"
                        : function.most_operands == 1 ? "one number"
                                                      : "at most 64 numbers") +
                       ", found " + std::to_string(out.operands.size()));
    return Expr{std::move(out)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Mistake mistake_{};
};

Place within(const Place& place, std::size_t at, std::size_t length) {
  Place out = place;
  out.span.column += static_cast<std::uint32_t>(at);
  out.span.length = static_cast<std::uint32_t>(length);
  return out;
}

}  // namespace

std::optional<ir::Expr> parse_expression(std::string_view text, const Place& place,
                                         Diagnostics& diagnostics) {
  if (text.size() > longest_expression) {
    diagnostics.add(
        {code("bad_expression"), place,
         "an expression may have at most " + std::to_string(longest_expression) + " characters"});
    return std::nullopt;
  }
  Parser parser(text);
  std::optional<ir::Expr> out = parser.whole();
  if (!out) {
    const Mistake& mistake = parser.mistake();
    diagnostics.add({code("bad_expression"), within(place, mistake.at, mistake.length),
                     mistake.message, mistake.hint});
  }
  return out;
}

Place place_of_name(std::string_view name, const Place& expression) {
  const std::string_view line = line_of(expression);
  if (expression.span.column == 0 || expression.span.column > line.size()) return expression;
  const std::string_view text = line.substr(expression.span.column - 1, expression.span.length);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = word_length(text.substr(at));
    if (length > 0 && text.substr(at, length) == name) return within(expression, at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return expression;
}

}  // namespace ktstr::parse
