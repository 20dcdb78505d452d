// SPDX-License-Identifier: GPL-2.0-only
// Which topology presets a scenario may be multiplied over.
#pragma once

#include <string>
#include <vector>

#include "schema/describe.h"

namespace ktstr::ir {

struct TopologyConstraints {
  std::uint32_t min_nodes = 1;
  std::uint32_t max_nodes = 1;
  std::uint32_t min_llcs = 1;
  std::uint32_t max_llcs = 12;
  std::uint32_t min_cpus = 1;
  std::uint32_t max_cpus = 192;
  bool requires_smt = false;

  bool operator==(const TopologyConstraints&) const = default;
  static constexpr auto schema =
      schema::record("topology_constraints", "The presets that make sense for the scenario.",
                     schema::Field{"min_nodes", &TopologyConstraints::min_nodes,
                                   "At least so many NUMA nodes.", schema::range(1, 64)},
                     schema::Field{"max_nodes", &TopologyConstraints::max_nodes,
                                   "At most so many NUMA nodes.", schema::range(1, 64)},
                     schema::Field{"min_llcs", &TopologyConstraints::min_llcs,
                                   "At least so many LLCs.", schema::range(1, 4096)},
                     schema::Field{"max_llcs", &TopologyConstraints::max_llcs,
                                   "At most so many LLCs.", schema::range(1, 4096)},
                     schema::Field{"min_cpus", &TopologyConstraints::min_cpus,
                                   "At least so many CPUs.", schema::range(1, 4096)},
                     schema::Field{"max_cpus", &TopologyConstraints::max_cpus,
                                   "At most so many CPUs.", schema::range(1, 4096)},
                     schema::Field{"requires_smt", &TopologyConstraints::requires_smt,
                                   "Only presets with several threads per core."});
};

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

  bool operator==(const Gauntlet&) const = default;
  static constexpr auto schema =
      schema::record("gauntlet", "What `--gauntlet` may vary.",
                     schema::Field{"topologies", &Gauntlet::topologies, "Which topologies."},
                     schema::Field{"schedulers", &Gauntlet::schedulers,
                                   "Which schedulers; by default the scenario's own."},
                     schema::Field{"flags", &Gauntlet::flags,
                                   "Which of their flags: every set of them that these allow and "
                                   "in which each has the flags it requires."});
};

}  // namespace ktstr::ir
