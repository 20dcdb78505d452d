// SPDX-License-Identifier: GPL-2.0-only
#include "schema/scalars.h"

#include <array>
#include <charconv>
#include <utility>

namespace ktstr::schema {

std::string print_number(double value) {
  std::array<char, 32> text;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
  return {text.data(), end};
}

std::string print_fixed(double value) {
  std::array<char, 400> text;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end};
}

std::string Scalar<Nanos>::print(Nanos value) {
  constexpr std::pair<std::int64_t, const char*> units[] = {{3'600'000'000'000, "h"},
                                                            {60'000'000'000, "min"},
                                                            {1'000'000'000, "s"},
                                                            {1'000'000, "ms"},
                                                            {1'000, "us"}};
  if (value == Nanos(0)) return "0s";
  for (const auto& [size, unit] : units)
    if (value.count() % size == 0) return std::to_string(value.count() / size) + unit;
  return std::to_string(value.count()) + "ns";
}

std::string Scalar<Bytes>::print(Bytes value) {
  constexpr std::pair<unsigned, const char*> units[] = {
      {40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}};
  for (const auto& [shift, unit] : units)
    if (value.count != 0 && value.count % (std::uint64_t{1} << shift) == 0)
      return std::to_string(value.count >> shift) + unit;
  return std::to_string(value.count) + "B";
}

std::string Scalar<Share>::print(Share value) {
  // 0.07 * 100 is not 7: move the point in the shortest text of the fraction instead.
  std::string digits = print_fixed(value.fraction);
  std::size_t point = digits.find('.');
  if (point == std::string::npos) {
    point = digits.size();
    digits += '.';
  }
  digits += "00";
  digits.erase(point, 1);
  digits.insert(point + 2, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  while (digits.size() > sign + 1 && digits[sign] == '0' && digits[sign + 1] != '.')
    digits.erase(sign, 1);
  return digits + "%";
}

}  // namespace ktstr::schema
