// SPDX-License-Identifier: GPL-2.0-only
// Where something stands in a text the user wrote. A Place keeps its Source alive, so a message
// made long after reading can still show the line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ktstr {

struct Source {
  std::string name;  ///< As the user named it: a path, or `<command line>`.
  std::string text;
};

/// A range of one line, in bytes from 1. Line 0 means the file as a whole.
struct Span {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;

  bool operator==(const Span&) const = default;
};

struct Place {
  std::shared_ptr<const Source> source;  ///< Null: nowhere in particular.
  Span span;

  bool operator==(const Place&) const = default;
};

/// `file:line:column`, as much of it as is known.
std::string to_text(const Place& place);
/// The text of a place's line without its newline; empty for a whole file.
std::string_view line_of(const Place& place);
/// The bytes `offset` … of the scalar `text` that stands at `place`. Where the line does not hold
/// that text literally (escapes, several lines) it is the place of the whole scalar.
Place part_of(const Place& place, std::string_view text, std::size_t offset, std::size_t length);

}  // namespace ktstr
