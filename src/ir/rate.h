// SPDX-License-Identifier: GPL-2.0-only
// A number of events per second, as scenarios write it: `200/s`.
#pragma once

#include <compare>

#include "schema/scalars.h"

namespace ktstr::ir {

struct Rate {
  double per_second = 0;

  constexpr auto operator<=>(const Rate&) const = default;
};

}  // namespace ktstr::ir

template <>
struct ktstr::schema::Scalar<ktstr::ir::Rate> {
  static constexpr std::string_view name = "rate";
  static constexpr std::string_view doc = "A number per second.";
  static constexpr std::string_view pattern = R"(^[0-9]+(\.[0-9]+)?/s$)";
  static constexpr std::string_view example = "200/s";
  static std::string print(ir::Rate value) { return print_fixed(value.per_second) + "/s"; }
  static void encode(ir::Rate value, Encoder& out) { out.number(value.per_second); }
  static void decode(ir::Rate& value, Decoder& in) { value.per_second = in.number(); }
  static double measure(ir::Rate value) { return value.per_second; }
  static ir::Rate of_measure(double value) { return {value}; }
};
