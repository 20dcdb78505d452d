// SPDX-License-Identifier: GPL-2.0-only
// Numbers with a unit: `1.5s`, `256KiB`, `30%`. Exact, without a detour through floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ktstr::parse {

/// `digits[.digits]unit` taken apart; `unit` may be empty or unknown.
struct Written {
  std::string_view whole;
  std::string_view fraction;
  bool space;  ///< Between the number and the unit.
  std::string_view unit;
};
std::optional<Written> take_apart(std::string_view text);

/// A decimal number without exponent times a power of ten, rounded once; infinite when too large.
double decimal_value(std::string_view digits, int power = 0);

enum class Trouble { none, too_fine, too_large };
/// `written` times the size of its unit, where that is a whole number that fits.
Trouble multiply(const Written& written, std::uint64_t size, std::uint64_t& out);

}  // namespace ktstr::parse
