// SPDX-License-Identifier: GPL-2.0-only
// What a run tells of its payloads. Each start of one is numbered from 0; what it writes carries
// that number.
#pragma once

#include <string>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

enum class PayloadEnd { running, exited, signalled, stopped, timed_out, refused };

/// A payload from its start to its end. Told when it starts and again when it has ended.
struct PayloadRun {
  std::uint32_t run = 0;
  std::string payload;
  std::string cgroup;
  std::uint32_t step = 0;  ///< The one that started it, or `backdrop_step`.
  Nanos started{0};
  Nanos ended{0};
  PayloadEnd end = PayloadEnd::running;
  std::int32_t exit_code = 0;    ///< When no signal ended it.
  std::int32_t exit_signal = 0;  ///< Or 0.
  std::string error;             ///< Why it was refused.
  std::string out;               ///< Its standard output. On the wire PayloadOutput has it.
  std::string err;               ///< Its standard error.
  std::uint64_t dropped = 0;     ///< Bytes of both that were not kept.
  std::string extracted;         ///< What the host's extractor made of the output.
  std::string extract_error;     ///< Why it made nothing.

  bool operator==(const PayloadRun&) const = default;
  static constexpr auto schema = schema::record(
      "payload_run", "A payload from its start to its end.",
      schema::Field{"run", &PayloadRun::run, "Which start."},
      schema::Field{"payload", &PayloadRun::payload, "Its name."},
      schema::Field{"cgroup", &PayloadRun::cgroup, "Where it ran."},
      schema::Field{"step", &PayloadRun::step, "The step that started it."},
      schema::Field{"started", &PayloadRun::started, "When."},
      schema::Field{"ended", &PayloadRun::ended, "When it was over."},
      schema::Field{"end", &PayloadRun::end, "How it ended."},
      schema::Field{"exit_code", &PayloadRun::exit_code, "Of its process."},
      schema::Field{"exit_signal", &PayloadRun::exit_signal, "What killed its process."},
      schema::Field{"error", &PayloadRun::error, "Why it was not started."},
      schema::Field{"out", &PayloadRun::out, "Its standard output."},
      schema::Field{"err", &PayloadRun::err, "Its standard error."},
      schema::Field{"dropped", &PayloadRun::dropped, "Bytes that were not kept."},
      schema::Field{"extracted", &PayloadRun::extracted, "What was made of it."},
      schema::Field{"extract_error", &PayloadRun::extract_error, "Why nothing was."});
};

/// What a payload wrote next.
struct PayloadOutput {
  std::uint32_t run = 0;
  bool is_error = false;  ///< To standard error.
  std::string text;       ///< Any bytes.

  bool operator==(const PayloadOutput&) const = default;
  static constexpr auto schema =
      schema::record("payload_output", "What a payload wrote.",
                     schema::Field{"run", &PayloadOutput::run, "Which start."},
                     schema::Field{"is_error", &PayloadOutput::is_error, "To standard error."},
                     schema::Field{"text", &PayloadOutput::text, "What it wrote."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::PayloadEnd> = std::array{
    ktstr::schema::Word{"running", "It has not ended."},
    ktstr::schema::Word{"exited", "It ended by itself."},
    ktstr::schema::Word{"signalled", "A signal that was not ours ended it."},
    ktstr::schema::Word{"stopped", "It was told to end: by an op, or because its step was over."},
    ktstr::schema::Word{"timed_out", "It was killed because its timeout was over."},
    ktstr::schema::Word{"refused", "It could not be started."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::PayloadEnd>{
    "payload_end", "How a payload ended."};
