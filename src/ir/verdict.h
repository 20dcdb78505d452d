// SPDX-License-Identifier: GPL-2.0-only
// Verdicts: what a case came to and why.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/case.h"
#include "ir/scheduler_exit.h"
#include "ir/telemetry.h"

namespace ktstr::ir {

/// Ascending by weight: the verdict of a case is the heaviest of its findings. A machine that never
/// came up is an error that nothing outweighs, because nothing else was found.
enum class Outcome { skip, pass, inconclusive, error, fail };

/// One claim, check or event that was judged.
struct Finding {
  Outcome outcome = Outcome::pass;
  std::string kind;  ///< `claim`, a check's name, `oops`, `panic`, `machine`, `guest`, `topology`…
  std::string label;                  ///< The claim's text, or a sentence.
  std::string place;                  ///< `file:line` of the claim; empty when there is none.
  std::string value;                  ///< What was seen: `a: 212ms`.
  std::vector<std::string> evidence;  ///< Statistics, limits, log lines.

  bool operator==(const Finding&) const = default;
  static constexpr auto schema =
      schema::record("finding", "Something that was judged.",
                     schema::Field{"outcome", &Finding::outcome, "What it came to."},
                     schema::Field{"kind", &Finding::kind, "What it is."},
                     schema::Field{"label", &Finding::label, "Its own text."},
                     schema::Field{"place", &Finding::place, "Where it stands."},
                     schema::Field{"value", &Finding::value, "What was seen."},
                     schema::Field{"evidence", &Finding::evidence, "What lies behind it."});
};

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::vector<Finding> findings;

  bool operator==(const Verdict&) const = default;
  static constexpr auto schema =
      schema::record("verdict", "What a case came to.",
                     schema::Field{"outcome", &Verdict::outcome, "The heaviest of its findings."},
                     schema::Field{"findings", &Verdict::findings, "Everything that was judged."});
};

/// The numbers of one cgroup in one step, for people.
struct CgroupSummary {
  std::string cgroup;
  std::string step;
  std::uint32_t workers = 0;
  Nanos cpu_time{0};
  std::int64_t iterations = 0;
  Nanos max_gap{0};
  std::int64_t migrations = 0;
  topology::CpuSet cpus_used;

  bool operator==(const CgroupSummary&) const = default;
  static constexpr auto schema =
      schema::record("cgroup_summary", "A cgroup in one step.",
                     schema::Field{"cgroup", &CgroupSummary::cgroup, "Its name."},
                     schema::Field{"step", &CgroupSummary::step, "The step."},
                     schema::Field{"workers", &CgroupSummary::workers, "Its workers."},
                     schema::Field{"cpu_time", &CgroupSummary::cpu_time, "Their time on CPU."},
                     schema::Field{"iterations", &CgroupSummary::iterations, "Their iterations."},
                     schema::Field{"max_gap", &CgroupSummary::max_gap, "Their longest gap."},
                     schema::Field{"migrations", &CgroupSummary::migrations, "Their migrations."},
                     schema::Field{"cpus_used", &CgroupSummary::cpus_used, "Where they ran."});
};

/// A number that a payload gave.
struct PayloadNumber {
  std::string name;
  double value = 0;
  std::string unit;
  Better better = Better::neither;

  bool operator==(const PayloadNumber&) const = default;
  static constexpr auto schema =
      schema::record("payload_number", "A number that a payload gave.",
                     schema::Field{"name", &PayloadNumber::name, "Its name."},
                     schema::Field{"value", &PayloadNumber::value, "In its unit."},
                     schema::Field{"unit", &PayloadNumber::unit, "As the scenario says."},
                     schema::Field{"better", &PayloadNumber::better, "As the scenario says."});
};

/// A payload from its start to its end, for people.
struct PayloadSummary {
  std::string payload;
  std::string cgroup;
  std::string step;  ///< Empty for the backdrop's.
  std::string end;   ///< `exit 0`, `timed out`, …
  Nanos wall{0};
  std::vector<PayloadNumber> numbers;
  std::string flaw;  ///< Why there are none.

  bool operator==(const PayloadSummary&) const = default;
  static constexpr auto schema = schema::record(
      "payload_summary", "A payload as it ran.",
      schema::Field{"payload", &PayloadSummary::payload, "Its name."},
      schema::Field{"cgroup", &PayloadSummary::cgroup, "Where."},
      schema::Field{"step", &PayloadSummary::step, "The step that started it."},
      schema::Field{"end", &PayloadSummary::end, "How it ended."},
      schema::Field{"wall", &PayloadSummary::wall, "From its start to its end."},
      schema::Field{"numbers", &PayloadSummary::numbers, "Those it gave, the first 1000 of them."},
      schema::Field{"flaw", &PayloadSummary::flaw, "Why it gave none."});
};

/// What a machine's monitor counted, by its names for it: `userspace_exit.REASON`, `kvm.NAME`. What
/// did not happen is left out.
using MachineStatistics = std::map<std::string, std::uint64_t>;

struct CaseResult {
  CaseId id;
  Verdict verdict;
  std::string topology;
  std::string kernel;
  std::string accelerator;
  std::uint64_t seed = 0;
  Nanos boot{0};              ///< From start to Hello.
  Nanos wall{0};              ///< From start to verdict.
  std::uint32_t spoiled = 0;  ///< Runs before this one that the emulator spoiled.
  std::optional<ClockOffset> clock;
  std::vector<CgroupSummary> cgroups;
  std::vector<SchedulerRun> schedulers;
  std::vector<PayloadSummary> payloads;
  MachineStatistics statistics;       ///< Empty where the monitor counts nothing.
  std::vector<std::string> log_tail;  ///< The last kernel lines, where they matter.
  std::string directory;              ///< Console, telemetry and result of the case.
  std::string rerun;                  ///< The command that runs just this case again.

  bool operator==(const CaseResult&) const = default;
  static constexpr auto schema = schema::record(
      "case_result", "A case and its verdict.", schema::Field{"id", &CaseResult::id, "Which."},
      schema::Field{"verdict", &CaseResult::verdict, "What it came to."},
      schema::Field{"topology", &CaseResult::topology, "On which machine."},
      schema::Field{"kernel", &CaseResult::kernel, "On which kernel."},
      schema::Field{"accelerator", &CaseResult::accelerator, "By which accelerator."},
      schema::Field{"seed", &CaseResult::seed, "Of everything random."},
      schema::Field{"boot", &CaseResult::boot, "From start to the guest's first word."},
      schema::Field{"wall", &CaseResult::wall, "From start to verdict."},
      schema::Field{"spoiled", &CaseResult::spoiled,
                    "Runs that the emulator spoiled by a flaw of its own; they were made again."},
      schema::Field{"clock", &CaseResult::clock, "From the host's clock to the guest's."},
      schema::Field{"cgroups", &CaseResult::cgroups, "The numbers."},
      schema::Field{"schedulers", &CaseResult::schedulers, "Its schedulers, as they came."},
      schema::Field{"payloads", &CaseResult::payloads, "Its payloads, as they started."},
      schema::Field{"statistics", &CaseResult::statistics,
                    "What the machine's monitor counted over all vCPUs: `userspace_exit.REASON`, "
                    "exits that came to it, and `kvm.NAME`, KVM's own statistics; without "
                    "what is 0, and nothing where the monitor does not count."},
      schema::Field{"log_tail", &CaseResult::log_tail, "The last kernel lines."},
      schema::Field{"directory", &CaseResult::directory, "Where its files are."},
      schema::Field{"rerun", &CaseResult::rerun, "The command that runs it again."});
};

/// A whole run of ktstr-run.
struct RunResult {
  std::string version;
  std::string accelerator;
  std::string kernel;
  std::string reason;  ///< Why this accelerator.
  Nanos wall{0};
  bool interrupted = false;
  std::vector<CaseResult> cases;

  bool operator==(const RunResult&) const = default;
  static constexpr auto schema = schema::record(
      "run_result", "A run.", schema::Field{"version", &RunResult::version, "Of ktstr."},
      schema::Field{"accelerator", &RunResult::accelerator, "By which accelerator."},
      schema::Field{"kernel", &RunResult::kernel, "On which kernel."},
      schema::Field{"reason", &RunResult::reason, "Why this accelerator."},
      schema::Field{"wall", &RunResult::wall, "From start to end."},
      schema::Field{"interrupted", &RunResult::interrupted, "By Ctrl-C."},
      schema::Field{"cases", &RunResult::cases, "The cases."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Outcome> = std::array{
    ktstr::schema::Word{"skip", "It was not run."}, ktstr::schema::Word{"pass", "Everything held."},
    ktstr::schema::Word{"inconclusive", "It could not be told."},
    ktstr::schema::Word{"error", "ktstr or the host was in trouble."},
    ktstr::schema::Word{"fail", "Something that must hold did not."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Outcome>{
    "outcome", "What a case or a claim came to."};
