// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

#include <array>

namespace ktstr {

CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  constexpr CodePoint broken{replacement_character, 1, false};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return broken;
  char32_t value = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return broken;
    value = (value << 6) | (next & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (value < smallest[size] || surrogate || value > 0x10FFFF) return broken;
  return {value, size, true};
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (c.value == '\n' || c.value == '\t')
      out += ' ';
    else if (!c.valid || is_control(c.value))
      out += replacement_text;
    else
      out += text.substr(0, c.size);
    text.remove_prefix(c.size);
  }
  return out;
}

}  // namespace ktstr
