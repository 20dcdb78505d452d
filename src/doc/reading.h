// SPDX-License-Identifier: GPL-2.0-only
// What the three readers share: the text, its lines, its mistakes, and the limits of load.h.
// Positions are byte offsets into the whole text. Private to this layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "doc/node.h"

namespace ktstr::doc {

class Reading {
 public:
  Reading(std::shared_ptr<const Source> source, Diagnostics& diagnostics);

  [[nodiscard]] std::string_view text() const { return source_->text; }
  /// Where the text starts: after a byte order mark.
  [[nodiscard]] std::size_t start() const { return start_; }
  /// The first line's part of [begin, end), at least one byte, without blanks at its end.
  [[nodiscard]] Span span(std::size_t begin, std::size_t end) const;
  /// The line of an offset, from 1.
  [[nodiscard]] std::uint32_t line(std::size_t offset) const;

  void error(Code code, Span span, std::string message, std::string hint = {});
  void error(Code code, std::size_t begin, std::size_t end, std::string message,
             std::string hint = {}) {
    error(code, span(begin, end), std::move(message), std::move(hint));
  }

  /// Says E003 or E004 about the first byte that no format allows; false if there is one.
  bool check_characters();
  /// Counts nodes and bytes of scalars and keys. False when a limit is passed, of which it has said
  /// E002, or when there are as many mistakes as are kept: the reader must stop.
  [[nodiscard]] bool charge(Span where, std::size_t nodes, std::size_t bytes);
  /// Whether a list or map may stand at `depth` (the outermost: 1). False after an E002: stop.
  [[nodiscard]] bool nest(Span where, std::size_t depth);
  /// Says if a scalar or key is too long or contains NUL by an escape.
  void check_scalar(std::string_view scalar, Span where);
  void check_key(std::string_view key, Span where);
  /// Says E004 "expected `what`, found `seen`"; returns false.
  bool expected(std::size_t at, const std::string& what, const std::string& seen,
                std::string hint = {});
  /// Says E005, naming the line of the first.
  void duplicate(std::string_view key, Span span, Span first);

  [[nodiscard]] bool exhausted() const;  ///< charge() has returned false.
  [[nodiscard]] std::size_t nodes() const { return nodes_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<const Source> source_;
  Diagnostics* diagnostics_;
  std::size_t start_ = 0;
  std::vector<std::uint32_t> line_starts_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t mistakes_ = 0;
};

/// The keys one map has so far.
class Keys {
 public:
  /// False, after an E005, if the map has the key already.
  bool add(Reading& reading, const std::string& key, Span span);

 private:
  std::unordered_map<std::string, Span> seen_;
};

/// Text as a message quotes it: at most 60 bytes.
std::string shorten(std::string_view text);
/// Whether the character is a digit of `base`.
bool is_digit(char c, int base = 10);
/// `text` has the form of a decimal float or integer: digits with an optional point and exponent,
/// no sign. YAML allows `.5` and `5.`, the others do not.
bool is_decimal(std::string_view text, bool bare_point);
/// Appends the UTF-8 of a code point; false for a surrogate or beyond U+10FFFF.
bool append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace ktstr::doc
