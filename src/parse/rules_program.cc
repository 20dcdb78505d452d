// SPDX-License-Identifier: GPL-2.0-only
// Work that a scenario writes itself: its phases nest and number within bounds, its choices are
// whole, and a round of its loop does something.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/overload.h"
#include "parse/rules.h"
#include "schema/scalars.h"
#include "schema/walk.h"

namespace ktstr::parse {
namespace {

namespace program = ir::program;
using Phases = std::vector<program::Phase>;

class Reading {
 public:
  Reading(const Ruled& ruled, Diagnostics& diagnostics)
      : ruled_(ruled), diagnostics_(diagnostics) {}

  void work(const ir::ProgramWork& work, const std::string& path) {
    const std::string loop = path + ".loop";
    phases(work.loop, loop, 1);
    if (mistakes_ > 0 || !ruled_.complete) return;
    if (count_ > program::most_phases)
      add(code("out_of_range"), loop,
          std::to_string(count_) + " phases, of which at most " +
              std::to_string(program::most_phases) + " are possible");
    else if (!acts(work.loop))
      add(code("bad_value"), loop, "the loop never does anything",
          "give it a phase such as `spin: 1ms`");
  }

 private:
  void add(Code code, const std::string& path, std::string message, std::string hint = {}) {
    diagnostics_.add({code, ruled_.map.find(path), std::move(message), std::move(hint)});
    ++mistakes_;
  }

  void phases(const Phases& list, const std::string& path, std::size_t depth) {
    count_ += list.size();
    if (depth > program::deepest)
      return add(code("out_of_range"), path,
                 "phases nest deeper than " + std::to_string(program::deepest));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string here = item_path(path, i);
      std::visit(Overload{[&](const schema::Box<program::Repeat>& repeat) {
                            phases(repeat->phases, here + ".repeat.do", depth + 1);
                          },
                          [&](const schema::Box<program::Choose>& choose) {
                            choice(*choose, here + ".choose", depth + 1);
                          },
                          [](const auto&) {}},
                 list[i]);
    }
  }

  void choice(const program::Choose& choose, const std::string& path, std::size_t depth) {
    constexpr double rounding = 1e-9;
    double sum = 0;
    count_ += choose.options.size();
    for (std::size_t i = 0; i < choose.options.size(); ++i) {
      sum += choose.options[i].p.fraction;
      phases(choose.options[i].phases, item_path(path + ".options", i) + ".do", depth);
    }
    if (std::abs(sum - 1) > rounding && ruled_.complete)
      add(code("bad_value"), path,
          "the shares of a choice are " + schema::Scalar<Share>::print(Share{sum}) +
              " together, not 100%",
          "an option with `do: []` does nothing");
  }

  /// Whether a phase other than a choice can come about.
  static bool acts(const Phases& list) {
    return std::ranges::any_of(list, [](const program::Phase& phase) {
      return std::visit(
          Overload{[](const schema::Box<program::Repeat>& repeat) { return acts(repeat->phases); },
                   [](const schema::Box<program::Choose>& choose) {
                     return std::ranges::any_of(choose->options, [](const auto& option) {
                       return option.p.fraction > 0 && acts(option.phases);
                     });
                   },
                   [](const auto&) { return true; }},
          phase);
    });
  }

  const Ruled& ruled_;
  Diagnostics& diagnostics_;
  std::size_t count_ = 0;
  std::size_t mistakes_ = 0;
};

}  // namespace

void check_programs(const Ruled& ruled, Diagnostics& diagnostics) {
  schema::walk(schema::cref_to(ruled.scenario),
               [&](schema::ConstRef value, const schema::Site& site) {
                 if (value.type != &schema::type_of<ir::ProgramWork>()) return schema::Descend::yes;
                 Reading(ruled, diagnostics)
                     .work(*static_cast<const ir::ProgramWork*>(value.data), site.path.text());
                 return schema::Descend::no;
               });
}

}  // namespace ktstr::parse
