// SPDX-License-Identifier: GPL-2.0-only
#include "parse/scalars.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/check.h"
#include "ir/claim.h"
#include "ir/rate.h"
#include "ir/unit.h"
#include "parse/claim_parser.h"
#include "parse/quantity.h"
#include "topology/topology.h"

namespace ktstr::parse {
namespace {

using ir::size_units;
using ir::time_units;
using ir::Unit;

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

bool bad(Diagnostics& diagnostics, const Place& place, std::string message, std::string hint = {}) {
  diagnostics.add({code("bad_value"), place, std::move(message), std::move(hint)});
  return false;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 60;
  return "`" + std::string(text.substr(0, longest)) + (text.size() > longest ? "…`" : "`");
}

/// Each unit once: the micro of `µs` has two characters and a plain spelling.
std::vector<std::string_view> names_of(std::span<const Unit> units) {
  std::vector<std::string_view> out;
  for (const Unit& each : units)
    if (each.name != "μs" && each.name != "µs") out.push_back(each.name);
  return out;
}

/// A number with one of `units`, in the base unit.
bool read_quantity(std::string_view text, std::string_view what, std::span<const Unit> units,
                   const Place& place, std::uint64_t& out, Diagnostics& diagnostics) {
  const std::string found = "this is " + std::string(what) + ", not " + quoted(text);
  const std::optional<Written> written = take_apart(text);
  if (!written) return bad(diagnostics, place, found);
  const auto unit = std::ranges::find(units, written->unit, &Unit::name);
  if (unit == units.end()) {
    const std::vector<std::string_view> names = names_of(units);
    if (written->unit.empty())
      return bad(
          diagnostics, place, "a unit is missing after " + quoted(text), "one of " + [&] {
            std::string list;
            for (const auto name : names) list += (list.empty() ? "" : ", ") + std::string(name);
            return list;
          }());
    return bad(diagnostics, place, "unknown unit " + quoted(written->unit),
               suggestion(written->unit, names));
  }
  if (written->space)
    return bad(
        diagnostics, place, "a number and its unit stand together",
        "write `" + std::string(text.substr(0, text.find(' '))) + std::string(unit->name) + "`");
  switch (multiply(*written, unit->size, out)) {
    case Trouble::none:
      return true;
    case Trouble::too_fine:
      return bad(diagnostics, place,
                 quoted(text) + " is finer than one " + std::string(units.front().name));
    case Trouble::too_large:
      break;
  }
  diagnostics.add({code("out_of_range"), place, quoted(text) + " is too large"});
  return false;
}

constexpr std::string_view a_time = "a time such as 2s";
constexpr std::string_view a_size = "a size such as 256KiB";
constexpr std::string_view a_share = "a share such as 50%";
constexpr std::string_view a_rate = "a rate such as 200/s";

bool looks_like_time(std::string_view text) {
  const std::optional<Written> written = take_apart(text);
  return written &&
         std::ranges::find(time_units, written->unit, &Unit::name) != std::end(time_units);
}

bool read_time(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  const bool negative = text.starts_with('-');
  std::uint64_t count = 0;
  if (!read_quantity(text.substr(negative ? 1 : 0), a_time, time_units, place, count, diagnostics))
    return false;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (count > most) {
    diagnostics.add({code("out_of_range"), place, quoted(text) + " is too large"});
    return false;
  }
  const auto value = static_cast<std::int64_t>(count);
  *static_cast<Nanos*>(out) = Nanos(negative ? -value : value);
  return true;
}

bool looks_like_size(std::string_view text) {
  const std::optional<Written> written = take_apart(text);
  return written &&
         std::ranges::find(size_units, written->unit, &Unit::name) != std::end(size_units);
}

bool read_size(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  return read_quantity(text, a_size, size_units, place, static_cast<Bytes*>(out)->count,
                       diagnostics);
}

bool looks_like_share(std::string_view text) {
  const std::optional<Written> written = take_apart(text);
  return written && written->unit == "%";
}

bool read_share(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  const std::optional<Written> written = take_apart(text);
  const bool is_share = written && written->unit == "%";
  if (!is_share)
    return bad(diagnostics, place, "this is " + std::string(a_share) + ", not " + quoted(text),
               written && written->unit.empty() ? "write `" + std::string(text) + "%`" : "");
  if (written->space) return bad(diagnostics, place, "`%` follows its number without a space");
  const double fraction = decimal_value(text.substr(0, text.size() - 1), -2);
  if (!std::isfinite(fraction)) {
    diagnostics.add({code("out_of_range"), place, quoted(text) + " is too large"});
    return false;
  }
  static_cast<Share*>(out)->fraction = fraction;
  return true;
}

bool looks_like_rate(std::string_view text) {
  const std::optional<Written> written = take_apart(text);
  return written && written->unit == "/s";
}

bool read_rate(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  const std::optional<Written> written = take_apart(text);
  if (!written || written->unit != "/s" || written->space)
    return bad(diagnostics, place, "this is " + std::string(a_rate) + ", not " + quoted(text));
  const double value = decimal_value(text.substr(0, text.size() - 2));
  if (!std::isfinite(value)) {
    diagnostics.add({code("out_of_range"), place, quoted(text) + " is too large"});
    return false;
  }
  static_cast<ir::Rate*>(out)->per_second = value;
  return true;
}

bool looks_like_cpus(std::string_view text) {
  return text.empty() || (starts_with_digit(text) &&
                          text.find_first_not_of("0123456789-, ") == std::string_view::npos);
}

bool read_cpus(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  std::optional<topology::CpuSet> cpus = topology::CpuSet::parse(text);
  if (!cpus)
    return bad(diagnostics, place, quoted(text) + " is no list of CPUs below 8192",
               "for example \"0-3,8\"");
  *static_cast<topology::CpuSet*>(out) = std::move(*cpus);
  return true;
}

bool looks_like_shape(std::string_view) {
  return true;
}

bool read_shape(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  const std::optional<topology::Shape> shape = topology::Shape::parse(text);
  if (!shape)
    return bad(diagnostics, place, quoted(text) + " is no topology",
               "nodes, LLCs in total, cores per LLC, threads per core: `1n2l4c1t`");
  *static_cast<topology::Shape*>(out) = *shape;
  return true;
}

bool looks_like_claim(std::string_view) {
  return true;
}

bool read_claim(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics) {
  std::optional<ir::Claim> claim = parse_claim(text, place, diagnostics);
  if (claim) *static_cast<ir::Claim*>(out) = *std::move(claim);
  return claim.has_value();
}

using schema::type_of;

constexpr ScalarReader readers[] = {
    {&type_of<Nanos>, a_time, "ms", looks_like_time, read_time},
    {&type_of<Bytes>, a_size, "MiB", looks_like_size, read_size},
    {&type_of<Share>, a_share, "%", looks_like_share, read_share},
    {&type_of<ir::Rate>, a_rate, "/s", looks_like_rate, read_rate},
    {&type_of<topology::CpuSet>, "a list of CPUs such as \"0-3,8\"", "", looks_like_cpus,
     read_cpus},
    {&type_of<topology::Shape>, "a topology such as 1n2l4c1t", "", looks_like_shape, read_shape},
    {&type_of<ir::Claim>, "a claim such as a.max_gap <= 100ms", "", looks_like_claim, read_claim},
};

}  // namespace

const ScalarReader& scalar_reader(const schema::Type& type) {
  const auto* found = std::ranges::find_if(
      readers, [&](const ScalarReader& reader) { return &reader.type() == &type; });
  CHECK(found != std::end(readers));
  return *found;
}

std::vector<std::string_view> units_of(const ScalarReader& reader) {
  if (reader.looks == looks_like_time) return names_of(time_units);
  if (reader.looks == looks_like_size) return names_of(size_units);
  if (reader.unit.empty()) return {};
  return {reader.unit};
}

}  // namespace ktstr::parse
