// SPDX-License-Identifier: GPL-2.0-only
// The words of a claim (SCENARIOS.md, "Claims"). A selector with all its parts is one token, since
// it has no spaces outside brackets; a regular expression is lexed only where one is asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/claim.h"

namespace ktstr::parse {

enum class ClaimToken { end, number, text, selector, symbol, regex };

struct ClaimLexeme {
  ClaimToken token = ClaimToken::end;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string_view source;  ///< As written.
  std::string text{};       ///< Of a text or regex, escapes resolved.
  ir::Quantity number{};    ///< Of a number.
  bool whole = false;       ///< A number of digits only, without unit.
  ir::Selector selector{};  ///< Of a selector; a plain word is one of one part.

  /// A plain word, which may be a keyword.
  [[nodiscard]] bool is_word() const {
    return token == ClaimToken::selector && selector.parts.size() == 1 && !selector.cut;
  }
  [[nodiscard]] bool is(std::string_view symbol_or_word) const {
    return (token == ClaimToken::symbol || is_word()) && source == symbol_or_word;
  }
};

/// What is wrong, and where in the claim's text.
struct ClaimMistake {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string message;
  std::string hint{};
};

/// The unit names of numbers, such as `ms`.
bool is_claim_unit(std::string_view word);

class ClaimLexer {
 public:
  explicit ClaimLexer(std::string_view text) : text_(text) {}

  /// The next token; on a mistake `mistake()` is set and the token is the end.
  ClaimLexeme next();
  /// The `/…/` that must come next.
  ClaimLexeme regex();
  [[nodiscard]] const std::optional<ClaimMistake>& mistake() const { return mistake_; }

 private:
  void skip_spaces();
  ClaimLexeme fail(std::size_t offset, std::size_t length, std::string message,
                   std::string hint = {});
  ClaimLexeme finish(ClaimLexeme lexeme);
  ClaimLexeme number();
  ClaimLexeme quoted();
  ClaimLexeme selector();
  ClaimLexeme symbol();
  std::string_view take_word();
  std::optional<std::string> take_bracket();
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<ClaimMistake> mistake_;
};

}  // namespace ktstr::parse
