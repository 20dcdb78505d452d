// SPDX-License-Identifier: GPL-2.0-only
// Which CPUs and memory of the host a machine gets. Pure.
//
// Performance mode: each virtual LLC gets an LLC of the host to itself, each virtual core a core,
// each vCPU a hardware thread of it, and one more CPU serves the machine's other threads. All cores
// of a machine are of one kind. A virtual node's LLCs come from one node of the host and different
// virtual nodes from different ones, as far as the host has them; what it cannot do is noted.
//
// Ordinary machines get whole LLCs, as many as they have CPUs for, and share them with each other.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ir/host_facts.h"
#include "ir/reservation.h"
#include "topology/topology.h"
#include "vmm/config.h"

namespace ktstr::plan {

struct Refusal {
  std::string reason;
  bool operator==(const Refusal&) const = default;
};

struct Placement {
  vmm::Performance performance;
  ir::Reservation reservation;
  std::vector<std::string> notes;  ///< What could not be had, and what to do for it; sentences.

  bool operator==(const Placement&) const = default;
};

/// Every node's memory is decided. `keeps_running`: whether the accelerator can let idle and
/// spinning vCPUs keep their CPU. `held`: what others have reserved; avoided where the machine
/// then still fits, and ignored where it does not, because it can be waited for.
std::variant<Placement, Refusal> place_alone(const topology::Topology& topology,
                                             const ir::HostFacts& host,
                                             vmm::Accelerator accelerator, bool keeps_running,
                                             const ir::Reservation& held);

struct SharedPlacement {
  topology::CpuSet cpus;  ///< All its threads run here.
  ir::Reservation reservation;

  bool operator==(const SharedPlacement&) const = default;
};

/// Room for `wanted` CPUs, or all there are; LLCs others share are preferred, those they have to
/// themselves avoided, unless less than `least` CPUs would be left.
SharedPlacement place_shared(std::uint32_t wanted, std::uint32_t least, const ir::HostFacts& host,
                             const ir::Reservation& held);

}  // namespace ktstr::plan
