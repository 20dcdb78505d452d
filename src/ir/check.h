// SPDX-License-Identifier: GPL-2.0-only
// Checks: claims that come without being written, and what a scenario expects to happen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

enum class Toggle { off, on };

using GapLimit = std::variant<Toggle, Nanos>;
using SpreadLimit = std::variant<Toggle, Share>;

inline constexpr Nanos default_gap = 2s;
inline constexpr Share default_spread{0.15};
/// How long after a change of a cpuset a worker may still be seen on the old CPUs.
inline constexpr Nanos isolation_grace = 100ms;

struct Checks {
  Toggle starvation = Toggle::on;
  Toggle isolation = Toggle::on;
  Toggle kernel_log = Toggle::on;
  GapLimit gap = Toggle::off;
  SpreadLimit spread = Toggle::off;

  bool operator==(const Checks&) const = default;
  static constexpr auto schema = schema::record(
      "checks", "Named bundles of claims.",
      schema::Field{"starvation", &Checks::starvation,
                    "Every worker makes progress in every step it lives through."},
      schema::Field{"isolation", &Checks::isolation,
                    "Workers run only where their cpuset allows; 100 ms after a change are free."},
      schema::Field{"kernel_log", &Checks::kernel_log,
                    "The kernel reports no oops, lockup, stall or warning."},
      schema::Field{"gap", &Checks::gap, "No worker's max_gap exceeds this; `on` means 2s.",
                    schema::range(1us, 1h), schema::example("500ms")},
      schema::Field{"spread", &Checks::spread,
                    "No cgroup's spread of off_cpu_pct exceeds this; `on` means 15%.",
                    schema::range(0, 1), schema::example("20%")});
};

/// What a failure can be of, in `Finding::kind` and `Expect::kind`: a claim, a check, what the
/// kernel reported, a worker that died, an op that could not be done.
inline constexpr std::string_view failure_kinds[] = {
    "claim", "starvation", "isolation", "gap",       "spread",  "kernel_log", "oops", "bug",
    "panic", "lockup",     "hung_task", "rcu_stall", "warning", "worker",     "op"};

enum class Expected { pass, fail };

/// The named cause must occur, and everything else must pass.
struct Expect {
  Expected verdict = Expected::fail;
  std::optional<std::string> kind;
  std::optional<std::string> matching;
  std::optional<std::string> claim;

  bool operator==(const Expect&) const = default;
  static constexpr auto schema = schema::record(
      "expect", "The failure that the scenario is about.",
      schema::Field{"verdict", &Expect::verdict, "What the case must come to.", schema::required},
      schema::Field{
          "kind", &Expect::kind,
          "The kind of failure: claim, a check's name, or what the kernel reported (oops, "
          "panic, lockup, rcu_stall, warning)."},
      schema::Field{"matching", &Expect::matching,
                    "A regular expression, between slashes, that its evidence must match.",
                    schema::example("/soft lockup/")},
      schema::Field{"claim", &Expect::claim, "The claim that must fail, as it is written."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Toggle> =
    std::array{ktstr::schema::Word{"off", "Do not check."}, ktstr::schema::Word{"on", "Check."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Toggle>{"toggle",
                                                                                 "Off or on."};
template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Expected> =
    std::array{ktstr::schema::Word{"pass", "Everything holds."},
               ktstr::schema::Word{"fail", "The named failure occurs, and no other."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Expected>{
    "expected", "An expected verdict."};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::GapLimit>{
    "gap_limit", "Off, on, or a time.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::SpreadLimit>{
    "spread_limit", "Off, on, or a percentage.", ktstr::schema::Tagging::by_shape};
