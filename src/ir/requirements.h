// SPDX-License-Identifier: GPL-2.0-only
// What a machine and a host must have for a scenario to make sense. Where it is not met the case is
// skipped, and the reason says what is missing. Kernels have `kernel` (scenario.h).
#pragma once

#include <optional>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct TopologyConstraints {
  std::optional<std::uint32_t> min_nodes;
  std::optional<std::uint32_t> max_nodes;
  std::optional<std::uint32_t> min_llcs;
  std::optional<std::uint32_t> max_llcs;
  std::optional<std::uint32_t> min_cpus;
  std::optional<std::uint32_t> max_cpus;
  bool requires_smt = false;

  bool operator==(const TopologyConstraints&) const = default;
  static constexpr auto schema =
      schema::record("topology_constraints", "The machines that make sense for the scenario.",
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
                                   "Only machines with several threads per core."});
};

/// How a machine's CPUs are run.
enum class Engine { kvm, tcg };

struct HostNeeds {
  std::optional<std::uint32_t> min_cpus;
  std::optional<std::uint32_t> min_llcs;
  std::optional<std::uint32_t> min_nodes;
  std::optional<Bytes> min_memory;
  std::optional<Engine> accelerator;

  bool operator==(const HostNeeds&) const = default;
  static constexpr auto schema = schema::record(
      "host_needs", "The hosts that make sense for the scenario.",
      schema::Field{"min_cpus", &HostNeeds::min_cpus, "At least so many CPUs that may be used.",
                    schema::range(1, 8192)},
      schema::Field{"min_llcs", &HostNeeds::min_llcs, "At least so many LLCs.",
                    schema::range(1, 4096)},
      schema::Field{"min_nodes", &HostNeeds::min_nodes, "At least so many NUMA nodes.",
                    schema::range(1, 1024)},
      schema::Field{"min_memory", &HostNeeds::min_memory, "At least so much memory to be had."},
      schema::Field{"accelerator", &HostNeeds::accelerator, "Machines run in this way only."});
};

struct Requirements {
  TopologyConstraints topology;
  HostNeeds host;

  bool operator==(const Requirements&) const = default;
  static constexpr auto schema =
      schema::record("requirements", "Where the scenario makes sense; elsewhere it is skipped.",
                     schema::Field{"topology", &Requirements::topology,
                                   "What its machine must be like, wherever that comes from."},
                     schema::Field{"host", &Requirements::host, "What the host must have."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Engine> =
    std::array{ktstr::schema::Word{"kvm", "On the processor, by KVM."},
               ktstr::schema::Word{"tcg", "Emulated, by QEMU."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Engine>{
    "engine", "How a machine's CPUs are run."};
