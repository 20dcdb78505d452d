// SPDX-License-Identifier: GPL-2.0-only
// Case: a scenario on one topology and kernel, every expression resolved. Its Program goes to the
// guest; its claims stay here.
#pragma once

#include <functional>

#include "ir/scenario.h"

namespace ktstr::ir {

/// What the guest executes, in normal form: groups only, literal counts, exact cpusets, no
/// for_each, holds in time. The names it acts on exist where that can be known.
struct Program {
  topology::Topology topology;
  std::uint64_t seed = 0;
  Nanos settle{0};
  Nanos sample_every = 100ms;
  std::vector<GuestScheduler> schedulers;  ///< All that it can start.
  std::optional<SchedulerUse> scheduler;   ///< Attached first.
  bool outlives_scheduler = false;         ///< Whether the run goes on when a scheduler is lost.
  std::vector<GuestPayload> payloads;      ///< Those that it runs.
  std::optional<Disk> disk;                ///< That of the machine.
  std::map<std::string, SysctlValue> sysctls;
  std::vector<GuestFile> files;  ///< Their `packed` is filled in when the machine's files are.
  std::string cgroup_root;       ///< Below the hierarchy's own; may be empty.
  Backdrop backdrop;
  std::vector<Step> steps;

  bool operator==(const Program&) const = default;
  static constexpr auto schema =
      schema::record("program", "What the guest executes.",
                     schema::Field{"topology", &Program::topology, "The machine it expects."},
                     schema::Field{"seed", &Program::seed, "For everything random."},
                     schema::Field{"settle", &Program::settle, "Before a step's measurement."},
                     schema::Field{"sample_every", &Program::sample_every, "Between samples."},
                     schema::Field{"schedulers", &Program::schedulers, "Those it may start."},
                     schema::Field{"scheduler", &Program::scheduler, "Attached before all else."},
                     schema::Field{"outlives_scheduler", &Program::outlives_scheduler,
                                   "It goes on when a scheduler is lost."},
                     schema::Field{"payloads", &Program::payloads, "Programs it runs."},
                     schema::Field{"disk", &Program::disk, "The machine's disk."},
                     schema::Field{"sysctls", &Program::sysctls, "Set before all else."},
                     schema::Field{"files", &Program::files, "Put in their places first."},
                     schema::Field{"cgroup_root", &Program::cgroup_root,
                                   "The cgroup that all others are made in."},
                     schema::Field{"backdrop", &Program::backdrop, "For the whole run."},
                     schema::Field{"steps", &Program::steps, "One after the other."});
};

/// Whether any workers of the program do work of which `holds` is true.
bool any_work(const Program& program, const std::function<bool(const Work&)>& holds);

/// The parts of a case's id, `stem/scenario/preset/scheduler+flags/work/kernel`, `-` for none.
struct CaseId {
  std::string stem;
  std::string scenario;
  std::string preset = "-";
  std::string scheduler = "-";
  std::string work = "-";
  std::string kernel = "-";

  bool operator==(const CaseId&) const = default;
  static constexpr auto schema =
      schema::record("case_id", "What makes a case this one.",
                     schema::Field{"stem", &CaseId::stem, "The file's path without extension."},
                     schema::Field{"scenario", &CaseId::scenario, "The scenario's name."},
                     schema::Field{"preset", &CaseId::preset, "The topology preset."},
                     schema::Field{"scheduler", &CaseId::scheduler, "The scheduler and its flags."},
                     schema::Field{"work", &CaseId::work, "The overriding work type."},
                     schema::Field{"kernel", &CaseId::kernel, "The kernel."});
};

inline std::string to_text(const CaseId& id) {
  return id.stem + "/" + id.scenario + "/" + id.preset + "/" + id.scheduler + "/" + id.work + "/" +
         id.kernel;
}

/// A scheduler that a case uses, as far as the host needs to know it.
struct CaseScheduler {
  std::string name;
  std::optional<std::uint32_t> definition;  ///< Its place in the scenario's `schedulers`.
  std::string binary;                       ///< Name or path; empty for a part of the kernel.
  std::optional<std::string> config;
  std::optional<std::string> kernels;

  bool operator==(const CaseScheduler&) const = default;
  static constexpr auto schema = schema::record(
      "case_scheduler", "A scheduler that a case uses.",
      schema::Field{"name", &CaseScheduler::name, "Its name."},
      schema::Field{"definition", &CaseScheduler::definition, "Its place in the scenario."},
      schema::Field{"binary", &CaseScheduler::binary, "Its program."},
      schema::Field{"config", &CaseScheduler::config, "Its configuration file."},
      schema::Field{"kernels", &CaseScheduler::kernels, "Kernels it runs on."});
};

struct Case {
  CaseId id;
  Program program;
  KernelNeeds kernel;
  HostNeeds host;
  std::vector<CaseScheduler> schedulers;  ///< In the order of the program's.
  std::vector<Payload> payloads;          ///< In the order of the program's.
  std::vector<std::string> kargs;         ///< What it and its schedulers want on the command line.
  std::vector<std::string> notes;         ///< What could not be had.
  Nanos duration{0};                      ///< Of all steps together.
  Nanos timeout{0};
  std::map<std::string, double> vars;         ///< The scenario's, for its claims.
  schema::Shared<std::vector<Claim>> claims;  ///< The scenario's, then its scheduler's.
  Checks checks;                              ///< All decided.
  std::optional<Expect> expect;
  bool allow_inconclusive = false;
  bool performance = false;         ///< It needs CPUs to itself.
  std::optional<std::string> skip;  ///< Why the case cannot be run.

  bool operator==(const Case&) const = default;
  static constexpr auto schema = schema::record(
      "case", "A scenario on one topology and kernel.", schema::Field{"id", &Case::id, "Its id."},
      schema::Field{"program", &Case::program, "What the guest executes."},
      schema::Field{"kernel", &Case::kernel, "Kernels it makes sense on."},
      schema::Field{"host", &Case::host, "Hosts it makes sense on."},
      schema::Field{"schedulers", &Case::schedulers, "Schedulers it uses."},
      schema::Field{"payloads", &Case::payloads, "Payloads it runs."},
      schema::Field{"kargs", &Case::kargs, "For the kernel's command line."},
      schema::Field{"notes", &Case::notes, "What could not be had."},
      schema::Field{"duration", &Case::duration, "Of all steps together."},
      schema::Field{"timeout", &Case::timeout, "The longest it may take."},
      schema::Field{"vars", &Case::vars, "The scenario's vars, for its claims."},
      schema::Field{"claims", &Case::claims, "What must hold."},
      schema::Field{"checks", &Case::checks, "What is checked besides."},
      schema::Field{"expect", &Case::expect, "A failure that must occur."},
      schema::Field{"allow_inconclusive", &Case::allow_inconclusive, "Inconclusive is a pass."},
      schema::Field{"performance", &Case::performance, "It needs CPUs to itself."},
      schema::Field{"skip", &Case::skip, "Why it cannot be run."});
};

}  // namespace ktstr::ir
