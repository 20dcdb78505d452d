// SPDX-License-Identifier: GPL-2.0-only
// What a scenario may be multiplied over: presets of topologies, schedulers, work.
#pragma once

#include <string>
#include <vector>

#include "ir/requirements.h"
#include "ir/work.h"

namespace ktstr::ir {

struct FlagConstraints {
  std::vector<std::string> require;
  std::vector<std::string> exclude;

  bool operator==(const FlagConstraints&) const = default;
  static constexpr auto schema = schema::record(
      "flag_constraints", "The flags of schedulers that make sense for the scenario.",
      schema::Field{"require", &FlagConstraints::require, "Flags that are always set."},
      schema::Field{"exclude", &FlagConstraints::exclude, "Flags that are never set."});
};

struct Gauntlet {
  TopologyConstraints topologies;
  std::vector<std::string> schedulers;
  FlagConstraints flags;
  std::vector<Work> work;

  bool operator==(const Gauntlet&) const = default;
  static constexpr auto schema =
      schema::record("gauntlet", "What `--gauntlet` may vary.",
                     schema::Field{"topologies", &Gauntlet::topologies,
                                   "Which topologies; of one node, with at most 12 LLCs and 192 "
                                   "CPUs, where it does not say."},
                     schema::Field{"schedulers", &Gauntlet::schedulers,
                                   "Which schedulers; by default the scenario's own."},
                     schema::Field{"flags", &Gauntlet::flags,
                                   "Which of their flags: every set of them that these allow and "
                                   "in which each has the flags it requires."},
                     schema::Field{"work", &Gauntlet::work,
                                   "Work that is put, one after the other, in the place of that of "
                                   "cgroups that are `swappable`.",
                                   schema::example("[spin, pipe_io]")});
};

}  // namespace ktstr::ir
