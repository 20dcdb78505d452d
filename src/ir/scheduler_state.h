// SPDX-License-Identifier: GPL-2.0-only
// What a run tells of its schedulers: their comings and goings, words and counters. A start of a
// scheduler is numbered from 0; everything it says carries that number.
#pragma once

#include <string>
#include <vector>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

enum class SchedulerChange {
  started,
  attached,
  left,
  reattached,
  refused,
  lost,
  detached,
  ended,
};

struct SchedulerState {
  std::uint32_t start = 0;
  SchedulerChange change = SchedulerChange::started;
  std::string scheduler;  ///< `name+flags`.
  std::string ops;        ///< The kernel's name for it, root/ops; empty when it has none.
  std::uint64_t enable_seq = 0;
  bool switched_all = false;  ///< It takes every task, not only those of policy ext.
  Nanos at{0};
  std::uint32_t step = 0;      ///< The one that ran, or `backdrop_step`.
  std::int32_t exit_code = 0;  ///< Of its process, when `ended` and no signal ended it.
  std::int32_t exit_signal = 0;
  std::string error;  ///< Why it was refused, or could not be detached.

  bool operator==(const SchedulerState&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler_state", "A scheduler came or went.",
      schema::Field{"start", &SchedulerState::start, "Which start."},
      schema::Field{"change", &SchedulerState::change, "What happened."},
      schema::Field{"scheduler", &SchedulerState::scheduler, "Its name and flags."},
      schema::Field{"ops", &SchedulerState::ops, "The kernel's name for it."},
      schema::Field{"enable_seq", &SchedulerState::enable_seq, "How many came before it."},
      schema::Field{"switched_all", &SchedulerState::switched_all, "It takes every task."},
      schema::Field{"at", &SchedulerState::at, "When."},
      schema::Field{"step", &SchedulerState::step, "During which step."},
      schema::Field{"exit_code", &SchedulerState::exit_code, "Of its process."},
      schema::Field{"exit_signal", &SchedulerState::exit_signal, "What killed its process."},
      schema::Field{"error", &SchedulerState::error, "What went wrong."});
};

/// A line that a scheduler's process wrote.
struct SchedulerLine {
  std::uint32_t start = 0;
  std::string text;

  bool operator==(const SchedulerLine&) const = default;
  static constexpr auto schema =
      schema::record("scheduler_line", "A scheduler's own words.",
                     schema::Field{"start", &SchedulerLine::start, "Which start."},
                     schema::Field{"text", &SchedulerLine::text, "The line."});
};

struct NamedNumber {
  std::string name;
  double value = 0;

  bool operator==(const NamedNumber&) const = default;
  static constexpr auto schema = schema::record(
      "named_number", "A number.", schema::Field{"name", &NamedNumber::name, "Its name."},
      schema::Field{"value", &NamedNumber::value, "Its value."});
};

/// The counters of the scheduler in charge at one moment.
struct SchedulerSample {
  std::uint32_t start = 0;
  Nanos at{0};
  std::uint32_t phase = 0;
  std::uint64_t enable_seq = 0;     ///< The kernel's counters begin anew with each.
  bool has_events = false;          ///< Whether this kernel counts events.
  std::vector<NamedNumber> events;  ///< By the names of root/events, in lower case without SCX_EV_.
  std::vector<NamedNumber> stats;   ///< What it last told over its socket; dotted paths.

  bool operator==(const SchedulerSample&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler_sample", "A scheduler's counters at one moment.",
      schema::Field{"start", &SchedulerSample::start, "Which start."},
      schema::Field{"at", &SchedulerSample::at, "When."},
      schema::Field{"phase", &SchedulerSample::phase, "During which phase."},
      schema::Field{"enable_seq", &SchedulerSample::enable_seq, "Of which attachment."},
      schema::Field{"has_events", &SchedulerSample::has_events, "Whether the kernel counts."},
      schema::Field{"events", &SchedulerSample::events, "The kernel's counters."},
      schema::Field{"stats", &SchedulerSample::stats, "Its own statistics."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::SchedulerChange> = std::array{
    ktstr::schema::Word{"started", "Its process was started."},
    ktstr::schema::Word{"attached", "It is in charge."},
    ktstr::schema::Word{"left", "It is not in charge any more, and nobody asked for it."},
    ktstr::schema::Word{"reattached", "It is in charge again by itself."},
    ktstr::schema::Word{"refused", "It did not come to be in charge."},
    ktstr::schema::Word{"lost", "It left, and nobody is there to bring it back."},
    ktstr::schema::Word{"detached", "It was told to go, and went."},
    ktstr::schema::Word{"ended", "Its process ended."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::SchedulerChange>{
    "scheduler_change", "What happened to a scheduler."};
