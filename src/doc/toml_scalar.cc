// SPDX-License-Identifier: GPL-2.0-only
// https://toml.io/en/v1.0.0#string, #integer, #float, #boolean.
#include "doc/toml_scalar.h"

#include <algorithm>
#include <utility>

namespace ktstr::doc {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view blanks_and_lines = " \t\r\n";

/// The digits without their underscores; nothing if one has no digit on either side.
std::optional<std::string> without_underscores(std::string_view digits, int base) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') {
      out += digits[i];
    } else if (i == 0 || i + 1 == digits.size() || !is_digit(digits[i - 1], base) ||
               !is_digit(digits[i + 1], base)) {
      return {};
    }
  }
  return out;
}

std::optional<Node::Kind> number_kind(std::string_view written) {
  for (const auto& [prefix, base] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)}) {
    if (!written.starts_with(prefix)) continue;
    const std::optional<std::string> digits = without_underscores(written.substr(2), base);
    const bool fits = digits && !digits->empty() &&
                      std::ranges::all_of(*digits, [&](char c) { return is_digit(c, base); });
    return fits ? std::optional(Node::Kind::integer) : std::nullopt;
  }
  const bool is_signed = written.starts_with('-') || written.starts_with('+');
  const std::optional<std::string> digits = without_underscores(written.substr(is_signed), 10);
  if (!digits || !is_decimal(*digits, false)) return {};
  if (digits->size() > 1 && (*digits)[0] == '0' && is_digit((*digits)[1])) return {};
  return digits->find_first_of(".eE") == std::string::npos ? Node::Kind::integer
                                                           : Node::Kind::number;
}

/// `1979-05-27…` or `07:32…`.
bool is_date_or_time(std::string_view text) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    return text.size() > from + count &&
           std::ranges::all_of(text.substr(from, count), [](char c) { return is_digit(c); });
  };
  return (digits(0, 4) && text[4] == '-' && digits(5, 2) && text[7] == '-') ||
         (digits(0, 2) && text[2] == ':');
}

bool read_escape(Cursor& in, Reading& reading, std::string& out, bool block) {
  constexpr std::string_view names = "\"\\bfnrt";
  constexpr std::string_view values = "\"\\\b\f\n\r\t";
  ++in.at;
  if (in.eat("u")) return read_unicode_escape(in, reading, 4, false, out);
  if (in.eat("U")) return read_unicode_escape(in, reading, 8, false, out);
  const std::size_t which = in.done() ? std::string_view::npos : names.find(in.peek());
  if (which != std::string_view::npos) {
    out += values[which];
    ++in.at;
    return true;
  }
  Cursor line = in;
  line.skip(blanks);
  if (block && (line.sees("\n") || line.sees("\r\n"))) {
    in.skip(blanks_and_lines);
    return true;
  }
  return reading.expected(in.at, "one of \" \\ b f n r t u U after `\\`", in.seen(),
                          "in '…' a `\\` is itself");
}

}  // namespace

bool read_toml_string(Cursor& in, Reading& reading, std::string& out) {
  const std::size_t begin = in.at;
  const char quote = in.peek();
  const std::string fence(3, quote);
  const bool block = in.eat(fence);
  if (!block) ++in.at;
  if (block && !in.eat("\n")) in.eat("\r\n");
  const std::string stops = quote == '"' ? "\"\\\r\n" : "'\r\n";
  while (true) {
    const std::size_t from = in.at;
    in.skip_to(stops);
    out += in.text.substr(from, in.at - from);
    if (block && in.eat(fence)) {
      for (int extra = 0; extra < 2 && in.peek() == quote; ++extra, ++in.at) out += quote;
      return true;
    }
    if (in.peek() == quote) {
      ++in.at;
      if (!block) return true;
      out += quote;
    } else if (in.peek() == '\\') {
      if (!read_escape(in, reading, out, block)) return false;
    } else if (in.done() || !block) {
      reading.error(code("syntax"), begin, in.at,
                    block ? "this string is never closed" : "this string does not end in its line");
      return false;
    } else {  // A line end is one character, whatever the file's convention.
      if (!in.eat("\r\n")) ++in.at;
      out += '\n';
    }
  }
}

bool read_toml_word(Cursor& in, Reading& reading, Node& out) {
  const std::size_t begin = in.at;
  in.skip_to(" \t\r\n,]}#=[{\"'");
  const std::string_view written = in.text.substr(begin, in.at - begin);
  if (written.empty()) return reading.expected(in.at, "a value", in.seen());
  out.text = written;
  if (written == "true" || written == "false") {
    out.kind = Node::Kind::boolean;
    return true;
  }
  if (const std::optional<Node::Kind> kind = number_kind(written)) {
    out.kind = *kind;
    return true;
  }
  const std::string shown = shorten(written);
  const bool is_signed = written.starts_with('-') || written.starts_with('+');
  const std::string_view magnitude = written.substr(is_signed ? 1 : 0);
  if (magnitude == "inf" || magnitude == "nan")
    reading.error(code("bad_value"), begin, in.at,
                  "`" + shown + "` is no number a scenario can use");
  else if (is_date_or_time(written))
    reading.error(code("bad_value"), begin, in.at,
                  "`" + shown + "` is a date or time, which no key takes", "text stands in quotes");
  else
    reading.error(code("syntax"), begin, in.at, "`" + shown + "` is no TOML value",
                  "text stands in quotes: \"" + shown + "\"");
  return false;
}

}  // namespace ktstr::doc
