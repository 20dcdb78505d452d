// SPDX-License-Identifier: GPL-2.0-only
// Payloads: real programs, where their numbers are in what they write, and what the guest needs to
// know to run them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/metric.h"
#include "ir/scheduler_use.h"

namespace ktstr::ir {

struct ExitCodeOutput {
  bool operator==(const ExitCodeOutput&) const = default;
  static constexpr auto schema =
      schema::record("exit_code", "What it writes holds no numbers; how it ends is all.");
};

struct JsonOutput {
  bool operator==(const JsonOutput&) const = default;
  static constexpr auto schema =
      schema::record("json",
                     "JSON, alone or as the first part of it that is JSON: each number by its "
                     "path, `jobs.0.iops`. "
                     "Standard error is looked at where standard output gives none.");
};

struct RegexOutput {
  std::string pattern;
  bool operator==(const RegexOutput&) const = default;
  static constexpr auto schema =
      schema::record("regex", "Text: each named group of a regular expression is a number.",
                     schema::Field{"pattern", &RegexOutput::pattern,
                                   "In the syntax of RE2. Of several matches the last one counts.",
                                   schema::required, schema::example("\"rps: (?P<rps>[0-9.]+)\"")})
          .written_as(schema::Shorthand::scalar);
};

struct CommandOutput {
  Argv argv;
  bool operator==(const CommandOutput&) const = default;
  static constexpr auto schema =
      schema::record("command", "What a command of the host makes of it, which is JSON.",
                     schema::Field{"argv", &CommandOutput::argv,
                                   "The command, found as a payload's program is; it gets the "
                                   "output on its standard input and has 30 s.",
                                   schema::required, schema::example("[./extract.py, --last]")})
          .written_as(schema::Shorthand::scalar);
};

using PayloadFormat = std::variant<ExitCodeOutput, JsonOutput, RegexOutput, CommandOutput>;

struct PayloadMetric {
  std::string name;
  std::string unit;
  Better better = Better::neither;

  bool operator==(const PayloadMetric&) const = default;
  static constexpr auto schema = schema::record(
      "payload_metric", "What is known of a number that a payload gives.",
      schema::Field{"name", &PayloadMetric::name,
                    "Its name in the output; with `*` for several of them.", schema::required,
                    schema::example("int.wakeup_latency_pct99.0")},
      schema::Field{"unit", &PayloadMetric::unit,
                    "What it counts: ns, us, ms, s, min, h, B, kB, MB, GB, KiB, MiB, GiB, TiB, %, "
                    "or /s, KiB/s and so on; nothing for a plain number. Limits in claims then "
                    "have a unit, too.",
                    schema::example("us")},
      schema::Field{"better", &PayloadMetric::better,
                    "Which way is better. A number of which that is said, or with a unit, "
                    "measures how fast something was, and a busy host may excuse it."});
};

struct Payload {
  std::string name;
  Argv run;
  PayloadFormat output;
  std::vector<PayloadMetric> metrics;
  std::vector<std::string> files;
  std::optional<Nanos> timeout;

  bool operator==(const Payload&) const = default;
  static constexpr auto schema = schema::record(
      "payload", "A program of the host that is run in the guest.",
      schema::Field{"name", &Payload::name, "Its name.", schema::required},
      schema::Field{"run", &Payload::run,
                    "The program and its arguments. It is looked for beside this file, in "
                    "`--program-dir` and in $PATH, and comes with its shared libraries or the "
                    "interpreter of its `#!`; a scenario is skipped where it is missing.",
                    schema::required, schema::example("[stress-ng, --cpu, \"2\", -t, \"5\"]")},
      schema::Field{"output", &Payload::output, "Where its numbers are."},
      schema::Field{"metrics", &Payload::metrics, "What is known of them."},
      schema::Field{"files", &Payload::files,
                    "What else it needs, put into the directory that it is started in: files and "
                    "directories beside this file, programs of the host by name, shared libraries "
                    "that it loads while it runs by theirs.",
                    schema::example("[job.fio, sleep, libnuma.so.1]")},
      schema::Field{"timeout", &Payload::timeout,
                    "How long it may run; it is killed then, with all processes of its group, "
                    "and that is a failure.",
                    schema::range(10ms, 24h)});
};

/// A payload in the guest.
struct GuestPayload {
  std::string name;
  Argv argv;  ///< Its program by path; in that directory it is started.
  std::optional<Nanos> timeout;

  bool operator==(const GuestPayload&) const = default;
  static constexpr auto schema =
      schema::record("guest_payload", "A payload as the guest knows it.",
                     schema::Field{"name", &GuestPayload::name, "Its name."},
                     schema::Field{"argv", &GuestPayload::argv, "The program and its arguments."},
                     schema::Field{"timeout", &GuestPayload::timeout, "How long it may run.",
                                   schema::range(10ms, 24h)});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::PayloadFormat>{
    "payload_format", "Where a payload's numbers are."};
