// SPDX-License-Identifier: GPL-2.0-only
#include "schema/quote.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/utf8.h"

namespace ktstr::schema {

namespace {

/// Whether a reader sees the character as it is: no controls, line breaks or marks.
bool visible(char32_t c) {
  return !is_control(c) && c != 0x2028 && c != 0x2029 && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF;
}

bool all_visible(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (!c.valid || !visible(c.value)) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

void append_escape(std::string& out, char32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(c));
  out += text.data();
}

constexpr std::string_view decimal = "0123456789";

std::size_t skip(std::string_view text, std::size_t at, std::string_view set) {
  return std::min(text.find_first_not_of(set, at), text.size());
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, which holds the integers too.
bool is_decimal(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = skip(text, at, decimal);
  std::size_t digits = whole - at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip(text, at + 1, decimal);
    digits += end - at - 1;
    at = end;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t end = skip(text, at, decimal);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

bool is_radix(std::string_view text) {
  if (text.size() < 3) return false;
  if (text.starts_with("0o")) return skip(text, 2, "01234567") == text.size();
  return text.starts_with("0x") && skip(text, 2, "0123456789abcdefABCDEF") == text.size();
}

/// Whether the core schema, or a reader near it, gives the plain text another type than text.
bool has_other_type(std::string_view text) {
  constexpr std::string_view special[] = {"",      "~",     "null",  "Null",  "NULL",  "true",
                                          "True",  "TRUE",  "false", "False", "FALSE", ".inf",
                                          ".Inf",  ".INF",  "-.inf", "-.Inf", "-.INF", "+.inf",
                                          "+.Inf", "+.INF", ".nan",  ".NaN",  ".NAN",  "<<"};
  return std::ranges::find(special, text) != std::end(special) || is_decimal(text) ||
         is_radix(text);
}

bool starts_structure(std::string_view text, YamlContext context) {
  constexpr std::string_view indicators = ",[]{}#&*!|>'\"%@`";
  if (indicators.find(text[0]) != text.npos) return true;
  if (text.starts_with("---") || text.starts_with("...")) return true;
  if (text[0] != '-' && text[0] != '?' && text[0] != ':') return false;
  // Readers differ on plain texts in flow that begin with a mark of a key or value.
  if (context == YamlContext::flow && text[0] != '-') return true;
  return text.size() == 1 || text[1] == ' ';
}

bool plain(std::string_view text, YamlContext context) {
  if (has_other_type(text) || text.front() == ' ' || text.back() == ' ' || text.back() == ':')
    return false;
  if (starts_structure(text, context)) return false;
  if (context == YamlContext::flow && text.find_first_of(",[]{}?") != text.npos) return false;
  return text.find(": ") == text.npos && text.find(" #") == text.npos && all_visible(text);
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

}  // namespace

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (c.value == '"' || c.value == '\\')
      out.append("\\").append(1, text[0]);
    else if (!c.valid || !visible(c.value))
      append_escape(out, c.value);
    else
      out.append(text.substr(0, c.size));
    text.remove_prefix(c.size);
  }
  return out + "\"";
}

std::string yaml_text(std::string_view text, YamlContext context) {
  if (plain(text, context)) return std::string(text);
  const bool needs_escapes = text.find_first_of("\"\\") != text.npos;
  if (needs_escapes && all_visible(text)) return single_quoted(text);
  return double_quoted(text);
}

bool fits_literal_block(std::string_view text) {
  if (text.empty() || text.front() == '\n' || text.front() == ' ' || text.front() == '\t')
    return false;
  if (text.find('\n') == text.npos || text.ends_with("\n\n")) return false;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (!all_visible(line) || (!line.empty() && line.find_first_not_of(' ') == line.npos))
      return false;
    start = end + 1;
  }
  return true;
}

}  // namespace ktstr::schema
