// SPDX-License-Identifier: GPL-2.0-only
#include "claims/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/overload.h"

namespace ktstr::claims {
namespace {

/// Fixed notation with so many significant digits, at least all before the point.
std::string significant(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::abs(value);
  const int before = size < 1e-300 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int after = std::clamp(digits - before, 0, 15);
  std::array<char, 512> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, after);
  std::string out(text.data(), end.ptr);
  if (after > 0) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

struct Unit {
  double size;
  const char* name;
};

/// The largest unit that the value reaches.
std::string in_units(double value, std::span<const Unit> units, int digits) {
  for (const auto& [size, name] : units)
    if (std::abs(value) >= size || &name == &units.back().name)
      return significant(value / size, digits) + name;
  return {};
}

}  // namespace

Value scalar_value(Type type, Datum datum) {
  Value out{.type = type};
  out.rows.push_back({"", {Point{.datum = std::move(datum)}}});
  return out;
}

std::string show(double value, Dim dim, bool percent, int digits) {
  static constexpr Unit times[] = {{60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
  static constexpr Unit sizes[] = {
      {1099511627776, "TiB"}, {1073741824, "GiB"}, {1048576, "MiB"}, {1024, "KiB"}, {1, "B"}};
  if (value == 0 && dim == Dim{1, 0}) return "0s";
  if (dim == Dim{1, 0}) return in_units(value, times, digits);
  if (dim == Dim{0, 1}) return in_units(value, sizes, digits);
  if (dim == Dim{-1, 0}) return significant(value * 1e9, digits) + "/s";
  if (dim == Dim{-1, 1}) return in_units(value * 1e9, sizes, digits) + "/s";
  if (percent) return significant(value * 100, digits) + "%";
  return significant(value, digits);
}

std::string show(const Datum& datum, const Type& type, bool percent, int digits) {
  return std::visit(Overload{[](const Missing& missing) { return missing.reason; },
                             [&](double value) { return show(value, type.dim, percent, digits); },
                             [](const std::string& text) { return '"' + text + '"'; },
                             [](const topology::CpuSet& cpus) { return "{" + to_text(cpus) + "}"; },
                             [&](const ir::Histogram& histogram) {
                               return std::to_string(histogram.count) + " values up to " +
                                      show(static_cast<double>(histogram.maximum), type.dim,
                                           percent, digits);
                             }},
                    datum);
}

std::string label_of(const Row& row, const Point& point) {
  return point.label.empty() ? row.label : row.label + "@" + point.label;
}

}  // namespace ktstr::claims
