// SPDX-License-Identifier: GPL-2.0-only
// What types that contain themselves cannot have in their declaration.
#include "ir/work/program.h"

#include <algorithm>

#include "base/overload.h"

namespace ktstr::ir {
namespace program {

bool Repeat::operator==(const Repeat& other) const {
  return times == other.times && phases == other.phases;
}

bool Option::operator==(const Option& other) const {
  return p == other.p && phases == other.phases;
}

bool Choose::operator==(const Choose& other) const {
  return options == other.options;
}

}  // namespace program

namespace {

Nanos time_of(const std::vector<program::Phase>& phases) {
  constexpr Nanos most = 24h;
  Nanos sum{0};
  for (const program::Phase& phase : phases) {
    sum += std::visit(Overload{[&](const schema::Box<program::Repeat>& repeat) {
                                 const Nanos once = std::max(time_of(repeat->phases), Nanos(1));
                                 return once * std::min<std::int64_t>(repeat->times.get(),
                                                                      most / once + 1);
                               },
                               [](const schema::Box<program::Choose>& choose) {
                                 Nanos longest{0};
                                 for (const program::Option& option : choose->options)
                                   longest = std::max(longest, time_of(option.phases));
                                 return longest;
                               },
                               [](const auto& each) {
                                 if constexpr (requires { each.time; })
                                   return each.time;
                                 else
                                   return Nanos(0);
                               }},
                      phase);
    sum = std::min(sum, most);
  }
  return sum;
}

}  // namespace

Nanos ProgramWork::round_time() const {
  return time_of(loop);
}

}  // namespace ktstr::ir
