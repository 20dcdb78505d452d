// SPDX-License-Identifier: GPL-2.0-only
// Checks: claims that come without being written, and what a scenario expects to happen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/rate.h"
#include "schema/describe.h"

namespace ktstr::ir {

enum class Toggle { off, on };

using GapLimit = std::variant<Toggle, Nanos>;
using SpreadLimit = std::variant<Toggle, Share>;
using RateLimit = std::variant<Toggle, Rate>;

inline constexpr Nanos default_gap = 2s;
inline constexpr Share default_spread{0.15};
inline constexpr Rate default_fallback{200};
inline constexpr Rate default_keep_last{100};
/// How many samples in a row must exceed the limit of a rate.
inline constexpr std::size_t sustained_samples = 5;
/// How long after a change of a cpuset a worker may still be seen on the old CPUs.
inline constexpr Nanos isolation_grace = 100ms;

/// What is absent is not said here, and left to the level below: scenario, scheduler, default.
struct Checks {
  std::optional<Toggle> starvation;
  std::optional<Toggle> isolation;
  std::optional<Toggle> kernel_log;
  std::optional<Toggle> scheduler_alive;
  std::optional<Toggle> payloads;
  std::optional<GapLimit> gap;
  std::optional<SpreadLimit> spread;
  std::optional<RateLimit> fallback;
  std::optional<RateLimit> keep_last;

  bool operator==(const Checks&) const = default;
  static constexpr auto schema = schema::record(
      "checks", "Named bundles of claims.",
      schema::Field{"starvation", &Checks::starvation,
                    "Every worker makes progress in every step it lives through. On by default."},
      schema::Field{"isolation", &Checks::isolation,
                    "Workers run only where their cpuset allows; 100 ms after a change are free. "
                    "On by default."},
      schema::Field{"kernel_log", &Checks::kernel_log,
                    "The kernel reports no oops, lockup, stall or warning. On by default."},
      schema::Field{"scheduler_alive", &Checks::scheduler_alive,
                    "A scheduler that was attached stays until it is told to go. On by default."},
      schema::Field{"payloads", &Checks::payloads,
                    "Payloads can be started, exit with 0 unless they are told to end, and do so "
                    "within their timeout. On by default."},
      schema::Field{"gap", &Checks::gap, "No worker's max_gap exceeds this; `on` means 2s.",
                    schema::range(1us, 1h), schema::example("500ms")},
      schema::Field{"spread", &Checks::spread,
                    "No cgroup's spread of off_cpu_pct exceeds this; `on` means 15%.",
                    schema::range(0, 1), schema::example("20%")},
      schema::Field{"fallback", &Checks::fallback,
                    "The kernel need not choose CPUs in the scheduler's place (the event "
                    "select_cpu_fallback) more often than this, in 5 samples in a row; `on` means "
                    "200/s.",
                    schema::range(0, 1e9), schema::example("50/s")},
      schema::Field{"keep_last", &Checks::keep_last,
                    "Tasks are not kept on their CPU for want of another (the event "
                    "dispatch_keep_last) more often than this, in 5 samples in a row; `on` means "
                    "100/s.",
                    schema::range(0, 1e9), schema::example("500/s")});
};

/// Every check as it is where nobody says otherwise.
inline constexpr Checks default_checks{.starvation = Toggle::on,
                                       .isolation = Toggle::on,
                                       .kernel_log = Toggle::on,
                                       .scheduler_alive = Toggle::on,
                                       .payloads = Toggle::on,
                                       .gap = Toggle::off,
                                       .spread = Toggle::off,
                                       .fallback = Toggle::off,
                                       .keep_last = Toggle::off};

/// `below`, but for what `above` says.
constexpr Checks over(const Checks& below, const Checks& above) {
  return {.starvation = above.starvation ? above.starvation : below.starvation,
          .isolation = above.isolation ? above.isolation : below.isolation,
          .kernel_log = above.kernel_log ? above.kernel_log : below.kernel_log,
          .scheduler_alive = above.scheduler_alive ? above.scheduler_alive : below.scheduler_alive,
          .payloads = above.payloads ? above.payloads : below.payloads,
          .gap = above.gap ? above.gap : below.gap,
          .spread = above.spread ? above.spread : below.spread,
          .fallback = above.fallback ? above.fallback : below.fallback,
          .keep_last = above.keep_last ? above.keep_last : below.keep_last};
}

/// What a failure can be of, in `Finding::kind` and `Expect::kind`: a claim, a check, what the
/// kernel reported, a worker that died, an op that could not be done, and how a scheduler ended:
/// the kernel's names of its reasons without SCX_EXIT_, or what kept it from being in charge.
inline constexpr std::string_view failure_kinds[] = {
    "claim",        "starvation",     "isolation", "gap",          "spread",    "fallback",
    "keep_last",    "kernel_log",     "oops",      "bug",          "panic",     "lockup",
    "hung_task",    "rcu_stall",      "warning",   "worker",       "op",        "payloads",
    "LOAD_REFUSED", "NEVER_ATTACHED", "EXITED",    "NOT_DETACHED", "UNREG",     "UNREG_BPF",
    "UNREG_KERN",   "SYSRQ",          "PARENT",    "ERROR",        "ERROR_BPF", "ERROR_STALL"};

/// Kinds of a scheduler that was never in charge.
constexpr bool is_never_attached(std::string_view kind) {
  return kind == "LOAD_REFUSED" || kind == "NEVER_ATTACHED";
}

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
          "The kind of failure: claim, a check's name, what the kernel reported (oops, panic, "
          "lockup, rcu_stall, warning), or how a scheduler ended (ERROR_STALL, ERROR_BPF, ERROR, "
          "SYSRQ, UNREG, UNREG_BPF, UNREG_KERN, EXITED, LOAD_REFUSED, NEVER_ATTACHED)."},
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
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::RateLimit>{
    "rate_limit", "Off, on, or a number per second.", ktstr::schema::Tagging::by_shape};
template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::SpreadLimit>{
    "spread_limit", "Off, on, or a percentage.", ktstr::schema::Tagging::by_shape};
