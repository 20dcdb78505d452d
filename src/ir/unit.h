// SPDX-License-Identifier: GPL-2.0-only
// Units of time and size by the names that files use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ktstr::ir {

struct Unit {
  std::string_view name;
  std::uint64_t size;  ///< In nanoseconds or bytes.
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

/// What one of a unit is: a power of nanoseconds, one of bytes, and how many.
struct Measure {
  int time = 0;
  int bytes = 0;
  double size = 1;

  constexpr bool operator==(const Measure&) const = default;
};

/// Of `us`, `KiB`, `%`, `/s`, `MB/s`; of `1` or nothing it is a plain number.
constexpr std::optional<Measure> measure_of(std::string_view unit) {
  if (unit.empty() || unit == "1") return Measure{};
  if (unit == "%") return Measure{0, 0, 0.01};
  const bool each_second = unit.ends_with("/s");
  const double second = each_second ? 1e9 : 1;
  const int time = each_second ? -1 : 0;
  if (each_second) unit.remove_suffix(2);
  if (unit.empty()) return Measure{time, 0, 1 / second};
  if (const auto* size = std::ranges::find(size_units, unit, &Unit::name);
      size != std::end(size_units))
    return Measure{time, 1, static_cast<double>(size->size) / second};
  const auto* found = std::ranges::find(time_units, unit, &Unit::name);
  if (each_second || found == std::end(time_units)) return std::nullopt;
  return Measure{1, 0, static_cast<double>(found->size)};
}

}  // namespace ktstr::ir
