// SPDX-License-Identifier: GPL-2.0-only
// Case: a scenario on one topology and kernel, every expression resolved. Its Program goes to the
// guest; its claims stay here.
#pragma once

#include "ir/scenario.h"

namespace ktstr::ir {

/// What the guest executes, in normal form: groups only, literal counts, exact cpusets, no
/// for_each, holds in time. The names it acts on exist where that can be known.
struct Program {
  topology::Topology topology;
  std::uint64_t seed = 0;
  Nanos settle{0};
  Nanos sample_every = 100ms;
  Backdrop backdrop;
  std::vector<Step> steps;

  bool operator==(const Program&) const = default;
  static constexpr auto schema =
      schema::record("program", "What the guest executes.",
                     schema::Field{"topology", &Program::topology, "The machine it expects."},
                     schema::Field{"seed", &Program::seed, "For everything random."},
                     schema::Field{"settle", &Program::settle, "Before a step's measurement."},
                     schema::Field{"sample_every", &Program::sample_every, "Between samples."},
                     schema::Field{"backdrop", &Program::backdrop, "For the whole run."},
                     schema::Field{"steps", &Program::steps, "One after the other."});
};

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

struct Case {
  CaseId id;
  Program program;
  KernelNeeds kernel;
  Nanos duration{0};  ///< Of all steps together.
  Nanos timeout{0};
  std::map<std::string, double> vars;         ///< The scenario's, for its claims.
  schema::Shared<std::vector<Claim>> claims;  ///< One for all cases of a scenario.
  Checks checks;
  std::optional<Expect> expect;
  bool allow_inconclusive = false;
  bool performance = false;         ///< It needs CPUs to itself.
  std::optional<std::string> skip;  ///< Why the case cannot be run.

  bool operator==(const Case&) const = default;
  static constexpr auto schema = schema::record(
      "case", "A scenario on one topology and kernel.", schema::Field{"id", &Case::id, "Its id."},
      schema::Field{"program", &Case::program, "What the guest executes."},
      schema::Field{"kernel", &Case::kernel, "Kernels it makes sense on."},
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
