// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kconfig_expression.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ktstr::kernel {
namespace {

struct Token {
  std::string_view text;
  bool is_name = false;
};

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/';
}

/// How long the macro call, text or operator at the start of `text` is.
std::size_t length_of_next(std::string_view text) {
  if (text.starts_with("$(")) {
    int depth = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
      depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
      if (depth == 0) return i + 1;
    }
    return text.size();
  }
  if (text[0] == '"' || text[0] == '\'') {
    const std::size_t end = text.find(text[0], 1);
    return end == text.npos ? text.size() : end + 1;
  }
  for (const std::string_view two : {"&&", "||", "!=", "<=", ">="})
    if (text.starts_with(two)) return 2;
  std::size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  return std::max<std::size_t>(end, 1);
}

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> out;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty() || text[0] == '#') return out;
    const std::size_t length = length_of_next(text);
    const bool is_name = is_word(text[0]) && text[0] != '-' && text.substr(0, length) != "y" &&
                         text.substr(0, length) != "m" && text.substr(0, length) != "n";
    out.push_back({text.substr(0, length), is_name});
    text.remove_prefix(length);
  }
}

/// Recursive descent; y, m and n are 2, 1 and 0 as in Kconfig.
class Evaluation {
 public:
  Evaluation(const std::vector<Token>& tokens, const Options& options)
      : tokens_(tokens), options_(options) {}

  int value() { return any(); }

 private:
  bool take(std::string_view text) {
    if (at_ == tokens_.size() || tokens_[at_].text != text) return false;
    ++at_;
    return true;
  }

  int any() {
    int value = all();
    while (take("||")) value = std::max(value, all());
    return value;
  }

  int all() {
    int value = one();
    while (take("&&")) value = std::min(value, one());
    return value;
  }

  int one() {
    constexpr int deepest = 64;
    if (at_ == tokens_.size() || depth_ == deepest) return 2;
    ++depth_;
    const int value = take("!") ? 2 - one() : take("(") ? bracketed() : compared();
    --depth_;
    return value;
  }

  int bracketed() {
    const int value = any();
    take(")");
    return value;
  }

  /// The value that a name or text stands for; nothing for what is not understood.
  std::optional<std::string> operand() {
    if (at_ == tokens_.size()) return std::nullopt;
    const Token& token = tokens_[at_++];
    std::string_view text = token.text;
    if (text.starts_with('$') || text.find("$(") != text.npos) return std::nullopt;
    if (text[0] == '"' || text[0] == '\'')
      return std::string(text.substr(1, text.size() - std::min<std::size_t>(text.size(), 2)));
    if (const auto found = options_.find(text); found != options_.end()) return found->second;
    const bool number = text[0] >= '0' && text[0] <= '9';
    return std::string(number || !token.is_name ? text : "n");
  }

  int compared() {
    const std::optional<std::string> left = operand();
    for (const std::string_view sign : {"=", "!=", "<", ">", "<=", ">="}) {
      if (!take(sign)) continue;
      const std::optional<std::string> right = operand();
      return !left || !right || holds(*left, sign, *right) ? 2 : 0;
    }
    return !left || *left == "y" ? 2 : *left == "m" ? 1 : 0;
  }

  static bool holds(const std::string& left, std::string_view sign, const std::string& right) {
    const auto number = [](const std::string& text) {
      long value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                      : std::nullopt;
    };
    const std::optional<long> a = number(left);
    const std::optional<long> b = number(right);
    const int order = a && b ? (*a > *b) - (*a < *b) : left.compare(right);
    if (sign == "=") return order == 0;
    if (sign == "!=") return order != 0;
    return sign[0] == '<' ? (order < 0 || (order == 0 && sign.size() == 2))
                          : (order > 0 || (order == 0 && sign.size() == 2));
  }

  const std::vector<Token>& tokens_;
  const Options& options_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

std::string describe(const std::vector<Token>& part, const Options& options) {
  std::string text;
  std::string values;
  for (const Token& token : part) {
    const bool tight = text.empty() || text.ends_with('(') || text.ends_with('!');
    text += (tight || token.text == ")" ? "" : " ") + std::string(token.text);
    const bool number = token.text[0] >= '0' && token.text[0] <= '9';
    if (!token.is_name || (number && !options.contains(token.text))) continue;
    const auto found = options.find(token.text);
    values += (values.empty() ? "" : ", ") + std::string(token.text) + " is " +
              (found == options.end() ? "n" : found->second);
  }
  return values.empty() ? text : text + " (" + values + ")";
}

}  // namespace

std::vector<std::string> unmet_parts(std::string_view condition, const Options& options) {
  const std::vector<Token> tokens = tokens_of(condition);
  // An || at the top binds weaker than any &&: then the whole is one part.
  std::vector<std::vector<Token>> parts(1);
  int depth = 0;
  bool has_or = false;
  for (const Token& token : tokens) {
    depth += token.text == "(" ? 1 : token.text == ")" ? -1 : 0;
    has_or = has_or || (depth == 0 && token.text == "||");
    if (depth == 0 && token.text == "&&")
      parts.emplace_back();
    else
      parts.back().push_back(token);
  }
  if (has_or) parts = {tokens};
  std::vector<std::string> out;
  for (const std::vector<Token>& part : parts)
    if (Evaluation(part, options).value() == 0) out.push_back(describe(part, options));
  return out;
}

}  // namespace ktstr::kernel
