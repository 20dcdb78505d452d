// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/overload.h"
#include "parse/rules.h"
#include "schema/scalars.h"

namespace ktstr::parse {
namespace {

constexpr double rounding = 1e-9;

double share_of(const ir::Length& length) {
  const auto* share = std::get_if<Share>(&length);
  return share == nullptr ? 0 : share->fraction;
}

double share_of(const ir::Hold& hold) {
  return std::visit(
      Overload{[](const Share& share) { return share.fraction; }, [](const Nanos&) { return 0.0; },
               [](const ir::Repeat& repeat) { return share_of(repeat.length); }},
      hold);
}

double nanos_of(const ir::Length& length, Nanos duration) {
  return std::visit(Overload{[&](const Share& share) {
                               return share.fraction * static_cast<double>(duration.count());
                             },
                             [](const Nanos& time) { return static_cast<double>(time.count()); }},
                    length);
}

void check_repeat(const Ruled& ruled, const ir::Step& step, const std::string& path,
                  Diagnostics& diagnostics) {
  const auto* repeat = step.hold ? std::get_if<ir::Repeat>(&*step.hold) : nullptr;
  if (repeat == nullptr || !ruled.complete) return;
  const double length = nanos_of(repeat->length, ruled.scenario.duration);
  if (static_cast<double>(repeat->every.count()) > length)
    diagnostics.add({code("bad_hold"), ruled.map.find(path + ".hold.every"),
                     "a round of " + schema::Scalar<Nanos>::print(repeat->every) +
                         " does not fit into the time it is repeated for"});
  if (step.ops.empty())
    diagnostics.add({code("bad_hold"), ruled.map.find_key(path + ".hold"),
                     "the step repeats its ops, but has none"});
}

void check_holds(const Ruled& ruled, Diagnostics& diagnostics) {
  double sum = 0;
  for (std::size_t i = 0; i < ruled.scenario.steps.size(); ++i) {
    const ir::Step& step = ruled.scenario.steps[i];
    const std::string path = item_path("steps", i);
    check_repeat(ruled, step, path, diagnostics);
    if (!step.hold) continue;
    const bool fitted = sum <= 1 + rounding;
    sum += share_of(*step.hold);
    if (fitted && sum > 1 + rounding)
      diagnostics.add({code("bad_hold"), ruled.map.find(path + ".hold"),
                       "with this step the holds make " +
                           schema::print_number(std::round(sum * 1e6) / 1e4) +
                           "% of the duration"});
  }
}

/// `@name` and `@[name]` in claims must be able to say it.
bool is_step_name(std::string_view name) {
  return !name.empty() && name != "*" && std::ranges::none_of(name, [](char c) {
    return c == ']' || (c >= 0 && c < ' ') || c == '\x7f';
  });
}

void check_step_names(const Ruled& ruled, Diagnostics& diagnostics) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < ruled.scenario.steps.size(); ++i) {
    const std::string& given = ruled.scenario.steps[i].name;
    const std::string path = item_path("steps", i);
    const Place place = ruled.map.find(path + ".name");
    const std::string name = given.empty() ? "step_" + std::to_string(i + 1) : given;
    if (!is_step_name(name))
      diagnostics.add({code("bad_value"), place, "`" + name + "` cannot be the name of a step",
                       "claims must be able to write `@name` or `@[name]`"});
    const auto [first, is_new] = seen.emplace(name, i);
    if (!is_new)
      diagnostics.add(
          {code("duplicate_name"), place, "two steps are called `" + name + "`",
           "the first is at " + to_text(ruled.map.find(item_path("steps", first->second)))});
  }
}

}  // namespace

void check_steps(const Ruled& ruled, Diagnostics& diagnostics) {
  check_step_names(ruled, diagnostics);
  check_holds(ruled, diagnostics);
}

}  // namespace ktstr::parse
