// SPDX-License-Identifier: GPL-2.0-only
// Descriptions and Unicode escapes.
#include "doc/cursor.h"

namespace ktstr::doc {
namespace {

std::optional<std::uint32_t> hex_number(Cursor& cursor, std::size_t digits) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i, ++cursor.at) {
    const char c = cursor.peek();
    if (!is_digit(c, 16)) return {};
    value = value << 4 | static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

}  // namespace

std::string Cursor::seen() const {
  if (done()) return "the end of the text";
  if (peek() == '\n' || peek() == '\r') return "the end of the line";
  std::size_t length = 1;
  while ((static_cast<unsigned char>(peek(length)) & 0xC0) == 0x80) ++length;
  return "`" + std::string(text.substr(at, length)) + "`";
}

bool read_unicode_escape(Cursor& cursor, Reading& reading, std::size_t digits, bool pairs,
                         std::string& out) {
  const std::size_t begin = cursor.at;
  constexpr std::uint32_t no_character = 0xFFFFFFFF;
  std::uint32_t value = hex_number(cursor, digits).value_or(no_character);
  if (pairs && value >= 0xD800 && value < 0xDC00 && cursor.eat("\\u")) {
    const std::uint32_t low = hex_number(cursor, digits).value_or(no_character);
    value = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
                                          : no_character;
  }
  if (append_utf8(out, value)) return true;
  reading.error(code("syntax"), begin, cursor.at,
                "an escape needs " + std::to_string(digits) +
                    " hexadecimal digits that name a Unicode character");
  return false;
}

}  // namespace ktstr::doc
