// SPDX-License-Identifier: GPL-2.0-only
#include "parse/quantity.h"

#include <charconv>
#include <limits>
#include <string>

namespace ktstr::parse {
namespace {

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
  const std::string_view out = text.substr(0, length);
  text.remove_prefix(length);
  return out;
}

}  // namespace

std::optional<Written> take_apart(std::string_view text) {
  Written out{};
  out.whole = take_digits(text);
  if (out.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    out.fraction = take_digits(text);
    if (out.fraction.empty()) return std::nullopt;
  }
  while (text.starts_with(' ')) {
    out.space = true;
    text.remove_prefix(1);
  }
  out.unit = text;
  return out;
}

double decimal_value(std::string_view digits, int power) {
  const std::string text = std::string(digits) + "e" + std::to_string(power);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  return value;
}

Trouble multiply(const Written& written, std::uint64_t size, std::uint64_t& out) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide most = std::numeric_limits<std::uint64_t>::max();
  Wide whole = 0;
  for (const char digit : written.whole) {
    whole = whole * 10 + static_cast<unsigned>(digit - '0');
    if (whole > most) return Trouble::too_large;
  }
  whole *= size;
  std::string_view fraction = written.fraction;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > 18) return Trouble::too_fine;
  Wide numerator = 0;
  Wide denominator = 1;
  for (const char digit : fraction) {
    numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
    denominator *= 10;
  }
  if (numerator * size % denominator != 0) return Trouble::too_fine;
  whole += numerator * size / denominator;
  if (whole > most) return Trouble::too_large;
  out = static_cast<std::uint64_t>(whole);
  return Trouble::none;
}

}  // namespace ktstr::parse
