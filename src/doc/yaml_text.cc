// SPDX-License-Identifier: GPL-2.0-only
// The core schema of YAML 1.2.2 (section 10.3.2) and a little scanning.
#include "doc/yaml_text.h"

#include <algorithm>
#include <vector>

#include "doc/reading.h"

namespace ktstr::doc {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

bool all_digits(std::string_view text, int base) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return is_digit(c, base); });
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool starts_token(std::string_view text, std::size_t at) {
  constexpr std::string_view before = " \t\n\r[{,:-?";
  return at == 0 || before.find(text[at - 1]) != std::string_view::npos;
}

bool starts_quote(std::string_view text, std::size_t at) {
  return (text[at] == '"' || text[at] == '\'') && starts_token(text, at);
}

std::size_t plain_end(std::string_view text, std::size_t begin, std::string_view value) {
  std::size_t at = begin;
  for (std::size_t i = 0; i < value.size() && at < text.size();) {
    if (text[at] == value[i]) {
      ++at;
      ++i;
    } else if (is_blank(value[i]) && is_blank(text[at])) {  // Folded.
      while (i < value.size() && is_blank(value[i])) ++i;
      while (at < text.size() && is_blank(text[at])) ++at;
    } else if (is_blank(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

Node::Kind plain_kind(std::string_view written) {
  if (is_one_of(written, {"", "~", "null", "Null", "NULL"})) return Node::Kind::null;
  if (is_one_of(written, {"true", "True", "TRUE", "false", "False", "FALSE"}))
    return Node::Kind::boolean;
  if (written.starts_with("0x") && all_digits(written.substr(2), 16)) return Node::Kind::integer;
  if (written.starts_with("0o") && all_digits(written.substr(2), 8)) return Node::Kind::integer;
  if (written[0] == '-' || written[0] == '+') written.remove_prefix(1);
  if (all_digits(written, 10)) return Node::Kind::integer;
  return is_decimal(written, true) ? Node::Kind::number : Node::Kind::text;
}

bool is_not_finite(std::string_view written) {
  if (is_one_of(written, {".nan", ".NaN", ".NAN"})) return true;
  if (written.starts_with('-') || written.starts_with('+')) written.remove_prefix(1);
  return is_one_of(written, {".inf", ".Inf", ".INF"});
}

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '#' && (at == 0 || is_blank(text[at - 1])))
      at = std::min(text.find('\n', at), text.size());
    else if (is_blank(text[at]))
      ++at;
    else
      break;
  }
  return at;
}

std::size_t quoted_end(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\')
      ++at;
    else if (quote == '\'' && text.substr(at).starts_with("''"))
      ++at;
    else if (text[at] == quote)
      return at + 1;
  }
  return std::string_view::npos;
}

std::size_t scalar_end(std::string_view text, std::size_t begin, std::string_view value) {
  if (begin >= text.size()) return text.size();
  if (text[begin] == '"' || text[begin] == '\'')
    return std::min(quoted_end(text, begin), text.size());
  if (text[begin] == '|' || text[begin] == '>')
    return std::min(text.find_first_not_of("|>+-0123456789", begin), text.size());
  return plain_end(text, begin, value);
}

std::optional<std::size_t> unclosed_quote(std::string_view text, std::size_t from) {
  for (std::size_t at = skip_blank(text, from); at < text.size(); at = skip_blank(text, at + 1)) {
    if (!starts_quote(text, at)) continue;
    const std::size_t end = quoted_end(text, at);
    if (end == std::string_view::npos) return at;
    at = end - 1;
  }
  return {};
}

Brackets match_brackets(std::string_view text, std::size_t begin, std::size_t most) {
  std::vector<std::size_t> open;
  for (std::size_t at = begin; at < text.size(); at = skip_blank(text, at + 1)) {
    if (starts_quote(text, at)) {
      const std::size_t end = quoted_end(text, at);
      if (end == std::string_view::npos) break;
      at = end - 1;
    } else if (text[at] == '[' || text[at] == '{') {
      open.push_back(at);
      if (open.size() > most) return {.too_deep = at};
    } else if (text[at] == ']' || text[at] == '}') {
      open.pop_back();
      if (open.empty()) return {};
    }
  }
  return {.unclosed = open.back()};
}

std::optional<std::size_t> hopeless_nesting(std::string_view text, std::size_t from,
                                            std::size_t most) {
  std::size_t depth = 0;
  for (std::size_t at = skip_blank(text, from); at < text.size(); at = skip_blank(text, at + 1)) {
    if (starts_quote(text, at)) {
      const std::size_t end = quoted_end(text, at);
      if (end == std::string_view::npos) return {};
      at = end - 1;
    } else if ((text[at] == '[' || text[at] == '{') && starts_token(text, at)) {
      if (++depth > most) return at;
    } else if ((text[at] == ']' || text[at] == '}') && depth > 0) {
      --depth;
    }
  }
  return {};
}

std::size_t next_document(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("\n---", from); at != std::string_view::npos;
       at = text.find("\n---", at + 1))
    if (at + 4 >= text.size() || is_blank(text[at + 4])) return at + 1;
  return text.size();
}

}  // namespace ktstr::doc
