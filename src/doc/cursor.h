// SPDX-License-Identifier: GPL-2.0-only
// Stepping through a text that may end anywhere; what the JSON and TOML readers share. Private to
// this layer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doc/reading.h"

namespace ktstr::doc {

struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] bool done() const { return at >= text.size(); }
  /// The character `ahead` of here; NUL, which no checked text holds, past the end.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }
  [[nodiscard]] bool sees(std::string_view word) const { return text.substr(at).starts_with(word); }
  bool eat(std::string_view word) {
    if (!sees(word)) return false;
    at += word.size();
    return true;
  }
  void skip(std::string_view any_of) {
    at = std::min(text.find_first_not_of(any_of, at), text.size());
  }
  void skip_to(std::string_view any_of) {
    at = std::min(text.find_first_of(any_of, at), text.size());
  }
  /// What stands here, for a message: "`x`", "the end of the line", "the end of the text".
  [[nodiscard]] std::string seen() const;
};

/// Reads the rest of an escape of `digits` hexadecimal digits and appends its character, joining
/// the two halves of a UTF-16 pair if `pairs`. Says E004 and returns false if there is none.
bool read_unicode_escape(Cursor& cursor, Reading& reading, std::size_t digits, bool pairs,
                         std::string& out);

}  // namespace ktstr::doc
