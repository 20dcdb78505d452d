// SPDX-License-Identifier: GPL-2.0-only
#include "parse/claim_lexer.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/diagnostic.h"

namespace ktstr::parse {
namespace {

struct Unit {
  std::string_view name;
  double size;
  ir::Dimension dimension;
};

constexpr Unit units[] = {
    {"ns", 1, ir::Dimension::time},
    {"us", 1e3, ir::Dimension::time},
    {"\u00B5s", 1e3, ir::Dimension::time},  // MICRO SIGN
    {"\u03BCs", 1e3, ir::Dimension::time},  // GREEK SMALL LETTER MU
    {"ms", 1e6, ir::Dimension::time},
    {"s", 1e9, ir::Dimension::time},
    {"min", 60e9, ir::Dimension::time},
    {"h", 3600e9, ir::Dimension::time},
    {"B", 1, ir::Dimension::bytes},
    {"kB", 1e3, ir::Dimension::bytes},
    {"MB", 1e6, ir::Dimension::bytes},
    {"GB", 1e9, ir::Dimension::bytes},
    {"KiB", 1024, ir::Dimension::bytes},
    {"MiB", 1048576, ir::Dimension::bytes},
    {"GiB", 1073741824, ir::Dimension::bytes},
    {"TiB", 1099511627776, ir::Dimension::bytes},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_word(char c) {
  return begins_word(c) || is_digit(c);
}
/// What may stand in a unit: letters, and the bytes of `µ`.
bool continues_unit(char c) {
  return continues_word(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

bool is_claim_unit(std::string_view word) {
  for (const Unit& unit : units)
    if (unit.name == word) return true;
  return false;
}

void ClaimLexer::skip_spaces() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

ClaimLexeme ClaimLexer::fail(std::size_t offset, std::size_t length, std::string message,
                             std::string hint) {
  if (!mistake_) mistake_ = ClaimMistake{offset, length, std::move(message), std::move(hint)};
  at_ = text_.size();
  return {.offset = offset, .length = length};
}

ClaimLexeme ClaimLexer::finish(ClaimLexeme lexeme) {
  lexeme.length = at_ - lexeme.offset;
  lexeme.source = text_.substr(lexeme.offset, lexeme.length);
  return lexeme;
}

ClaimLexeme ClaimLexer::next() {
  skip_spaces();
  if (at_ >= text_.size()) return {.offset = text_.size(), .length = 1};
  if (is_digit(peek())) return number();
  if (peek() == '"') return quoted();
  if (begins_word(peek())) return selector();
  return symbol();
}

ClaimLexeme ClaimLexer::number() {
  ClaimLexeme out{.token = ClaimToken::number, .offset = at_, .whole = true};
  while (is_digit(peek())) ++at_;
  if (peek() == '.') {
    out.whole = false;
    if (!is_digit(peek(1))) return fail(at_ + 1, 1, "expected digits after the point");
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  const std::string_view digits = text_.substr(out.offset, at_ - out.offset);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.number.value);
  if (error != std::errc()) return fail(out.offset, digits.size(), "the number is out of range");

  const std::size_t unit_at = at_;
  if (peek() == '%') {
    ++at_;
    out.number.percent = true;
    out.number.value /= 100;
  } else if (peek() == '/' && peek(1) == 's' && !continues_word(peek(2)) &&
             std::string_view(".[@(").find(peek(2)) == std::string_view::npos) {
    at_ += 2;
    out.number.dimension = ir::Dimension::rate;
  } else {
    while (continues_unit(peek())) ++at_;
    const std::string_view name = text_.substr(unit_at, at_ - unit_at);
    if (!name.empty()) {
      const Unit* found = nullptr;
      for (const Unit& unit : units)
        if (unit.name == name) found = &unit;
      if (!found)
        return fail(unit_at, name.size(), "unknown unit `" + std::string(name) + "`",
                    "one of ns, us, ms, s, min, h, B, kB, MB, GB, KiB, MiB, GiB, TiB, %, /s");
      out.number.dimension = found->dimension;
      out.number.value *= found->size;
    }
  }
  out.whole = out.whole && at_ == unit_at;
  if (!std::isfinite(out.number.value))
    return fail(out.offset, at_ - out.offset, "the number is out of range");
  return finish(std::move(out));
}

ClaimLexeme ClaimLexer::quoted() {
  ClaimLexeme out{.token = ClaimToken::text, .offset = at_};
  for (++at_; at_ < text_.size() && peek() != '"'; ++at_) {
    char c = peek();
    if (c == '\\') {
      constexpr std::string_view names = "\"\\nt", values = "\"\\\n\t";
      ++at_;
      const std::size_t escape = names.find(peek());
      if (at_ >= text_.size() || escape == std::string_view::npos)
        return fail(at_ - 1, 2, "unknown escape in a string", R"(one of \" \\ \n \t)");
      c = values[escape];
    }
    out.text += c;
  }
  if (at_ >= text_.size()) return fail(out.offset, 1, "the string does not end");
  ++at_;
  return finish(std::move(out));
}

ClaimLexeme ClaimLexer::regex() {
  skip_spaces();
  ClaimLexeme out{.token = ClaimToken::regex, .offset = at_};
  if (peek() != '/')
    return fail(at_, 1, "expected a regular expression between slashes", "such as /soft lockup/");
  for (++at_; at_ < text_.size() && peek() != '/'; ++at_) {
    // `\/` is a slash; every other escape is the pattern's own.
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      if (peek(1) != '/') out.text += peek();
      ++at_;
    }
    out.text += peek();
  }
  if (at_ >= text_.size()) return fail(out.offset, 1, "the regular expression does not end");
  ++at_;
  return finish(std::move(out));
}

std::string_view ClaimLexer::take_word() {
  const std::size_t begin = at_;
  if (begins_word(peek()))
    while (continues_word(peek())) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::optional<std::string> ClaimLexer::take_bracket() {
  const std::size_t begin = at_ + 1;
  const std::size_t end = text_.find(']', begin);
  if (end == std::string_view::npos) {
    fail(at_, 1, "the bracket does not end");
    return std::nullopt;
  }
  if (end == begin) {
    fail(at_, 2, "expected a name between the brackets");
    return std::nullopt;
  }
  at_ = end + 1;
  return std::string(text_.substr(begin, end - begin));
}

ClaimLexeme ClaimLexer::selector() {
  ClaimLexeme out{.token = ClaimToken::selector, .offset = at_};
  out.selector.parts.push_back({std::string(take_word()), false});
  while (peek() == '.' || peek() == '[') {
    if (peek() == '[') {
      const std::optional<std::string> raw = take_bracket();
      if (!raw) return {.offset = at_};
      out.selector.parts.push_back({*raw, true});
      continue;
    }
    ++at_;
    const std::string_view word = take_word();
    if (word.empty())
      return fail(at_, 1, "expected a name after the dot",
                  peek() == '*' ? "a glob stands in brackets: cgroup[cg_*].max_gap"
                                : "what is not a plain word stands in brackets: cgroup[a/b]");
    out.selector.parts.push_back({std::string(word), false});
  }
  if (peek() == '@') {
    ++at_;
    if (peek() == '*') {
      ++at_;
      out.selector.cut = ir::SelectorPart{"*", false};
    } else if (peek() == '[') {
      const std::optional<std::string> raw = take_bracket();
      if (!raw) return {.offset = at_};
      out.selector.cut = ir::SelectorPart{*raw, true};
    } else if (const std::string_view word = take_word(); !word.empty()) {
      out.selector.cut = ir::SelectorPart{std::string(word), false};
    } else {
      return fail(at_, 1, "expected a step after `@`", "@step, @* for every step, or @[raw name]");
    }
  }
  return finish(std::move(out));
}

ClaimLexeme ClaimLexer::symbol() {
  ClaimLexeme out{.token = ClaimToken::symbol, .offset = at_};
  constexpr std::pair<std::string_view, std::string_view> slips[] = {
      {"=>", "`>=`"},
      {"=<", "`<=`"},
      {"<>", "`!=`"},
      {"\u2264", "`<=`"},
      {"\u2265", "`>=`"},
      {"\u2260", "`!=`"},
      {"&&", "`and`, in a `when` condition; a claim is one comparison"},
      {"||", "`or`, in a `when` condition; a claim is one comparison"},
      {"%", "a percentage is written without a space, `5%`; the remainder is mod(a, b)"},
      {"'", "a string stands in double quotes"},
      {"@", "no space before `@`"},
      {".", "no space inside a selector"},
      {"[", "no space inside a selector"},
  };
  constexpr std::string_view symbols[] = {"<=", "<", ">=", ">", "==", "!=", "(", ")",
                                          ",",  "{", "}",  "+", "-",  "*",  "/"};
  const std::string_view rest = text_.substr(at_);
  for (const auto& [slip, meant] : slips)
    if (rest.starts_with(slip))
      return fail(at_, slip.size(), "unexpected `" + std::string(slip) + "`", std::string(meant));
  for (const std::string_view symbol : symbols) {
    if (!rest.starts_with(symbol)) continue;
    at_ += symbol.size();
    return finish(std::move(out));
  }
  if (rest.starts_with("=")) return fail(at_, 1, "unexpected `=`", "`==`");
  return fail(at_, 1, "this character has no meaning in a claim");
}

}  // namespace ktstr::parse
