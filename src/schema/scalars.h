// SPDX-License-Identifier: GPL-2.0-only
// The quantities of base as described scalars. Their text is the shortest exact one: a duration in
// the largest unit that divides it, sizes in binary units, shares in percent.
#pragma once

#include <string>

#include "base/units.h"
#include "schema/codec.h"
#include "schema/record.h"

namespace ktstr::schema {

/// The shortest decimal text that reads back as the same double.
std::string print_number(double value);
/// The same without an exponent.
std::string print_fixed(double value);

template <>
struct Scalar<Nanos> {
  static constexpr std::string_view name = "duration";
  static constexpr std::string_view doc = "A time with its unit: ns, us, ms, s, min or h.";
  static constexpr std::string_view pattern = R"(^-?[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|min|h)$)";
  static constexpr std::string_view example = "50ms";
  static std::string print(Nanos value);
  static void encode(Nanos value, Encoder& out) { out.signed_integer(value.count()); }
  static void decode(Nanos& value, Decoder& in) { value = Nanos(in.signed_integer()); }
  static double measure(Nanos value) { return static_cast<double>(value.count()); }
  static Nanos of_measure(double value) { return Nanos(static_cast<std::int64_t>(value)); }
};

template <>
struct Scalar<Bytes> {
  static constexpr std::string_view name = "size";
  static constexpr std::string_view doc =
      "A size with its unit: B, kB, MB, GB, KiB, MiB, GiB or TiB.";
  static constexpr std::string_view pattern = R"(^[0-9]+(\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB|TiB)$)";
  static constexpr std::string_view example = "256KiB";
  static std::string print(Bytes value);
  static void encode(Bytes value, Encoder& out) { out.integer(value.count); }
  static void decode(Bytes& value, Decoder& in) { value.count = in.integer(); }
  static double measure(Bytes value) { return static_cast<double>(value.count); }
  static Bytes of_measure(double value) { return {static_cast<std::uint64_t>(value)}; }
};

template <>
struct Scalar<Share> {
  static constexpr std::string_view name = "percent";
  static constexpr std::string_view doc = "A share in percent.";
  static constexpr std::string_view pattern = R"(^[0-9]+(\.[0-9]+)?%$)";
  static constexpr std::string_view example = "50%";
  static std::string print(Share value);
  static void encode(Share value, Encoder& out) { out.number(value.fraction); }
  static void decode(Share& value, Decoder& in) { value.fraction = in.number(); }
  static double measure(Share value) { return value.fraction; }
  static Share of_measure(double value) { return {value}; }
};

}  // namespace ktstr::schema
