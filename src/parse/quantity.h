// SPDX-License-Identifier: GPL-2.0-only
// Numbers with a unit: `1.5s`, `256KiB`, `30%`. Exact, without a detour through floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ktstr::parse {

struct Unit {
  std::string_view name;
  std::uint64_t size;  ///< In the base unit.
};

inline constexpr Unit time_units[] = {
    {"ns", 1},         {"us", 1'000},        {"µs", 1'000},           {"μs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"min", 60'000'000'000}, {"h", 3'600'000'000'000}};
inline constexpr Unit size_units[] = {{"B", 1},
                                      {"kB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"KiB", std::uint64_t{1} << 10},
                                      {"MiB", std::uint64_t{1} << 20},
                                      {"GiB", std::uint64_t{1} << 30},
                                      {"TiB", std::uint64_t{1} << 40}};

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
