// SPDX-License-Identifier: GPL-2.0-only
// Steps, the backdrop, and how long a step holds.
#pragma once

#include "ir/op.h"

namespace ktstr::ir {

/// A share of the scenario's duration, or a time.
using Length = std::variant<Share, Nanos>;

struct Repeat {
  Nanos every{0};
  Length length;
  bool operator==(const Repeat&) const = default;
  static constexpr auto schema = schema::record(
      "repeat", "Do the step's ops again and again.",
      schema::Field{"every", &Repeat::every, "From the start of one round to the next.",
                    schema::required, schema::range(1ms, 1h)},
      schema::Field{"for", &Repeat::length, "For how long.", schema::required});
};

using Hold = std::variant<Share, Nanos, Repeat>;

/// After expand a hold is a time, or a Repeat for a time.
struct Step {
  std::string name;
  std::vector<Cgroup> cgroups;
  std::vector<Op> ops;
  std::optional<Hold> hold;

  bool operator==(const Step&) const = default;
  static constexpr auto schema = schema::record(
      "step", "A part of the run. What it creates ends with it.",
      schema::Field{"name", &Step::name, "For `@name` in claims; `step_1`, … by default."},
      schema::Field{"cgroups", &Step::cgroups, "Cgroups that live as long as the step."},
      schema::Field{"ops", &Step::ops, "What is done first, in order."},
      schema::Field{"hold", &Step::hold,
                    "How long the step lasts: a share of the duration, a time, or a repetition of "
                    "its ops; without it the step ends after its ops.",
                    schema::example("50%")});
};

struct Backdrop {
  std::vector<Cgroup> cgroups;
  std::vector<Op> ops;

  bool operator==(const Backdrop&) const = default;
  static constexpr auto schema =
      schema::record("backdrop", "What lives for the whole run; steps may act on it.",
                     schema::Field{"cgroups", &Backdrop::cgroups, "Its cgroups."},
                     schema::Field{"ops", &Backdrop::ops, "Done after the cgroups are made."});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Length>{
    "length", "A share of the duration, or a time.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Hold>{
    "hold", "How long a step lasts.", ktstr::schema::Tagging::by_shape};
