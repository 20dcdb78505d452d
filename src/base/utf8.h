// SPDX-License-Identifier: GPL-2.0-only
// UTF-8 from files and guests, in which any byte may stand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ktstr {

inline constexpr char32_t replacement_character = 0xFFFD;
inline constexpr std::string_view replacement_text = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value;    ///< The replacement character where the bytes are no UTF-8.
  std::size_t size;  ///< Bytes taken.
  bool valid;
};

/// Of a text that is not empty.
CodePoint first_code_point(std::string_view text);

/// Whether a terminal may act on it: C0, DEL and C1.
constexpr bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/// The text with U+FFFD for every control character and every byte that is no UTF-8; line breaks
/// and tabs become spaces. A character keeps taking one column.
std::string printable(std::string_view text);

}  // namespace ktstr
