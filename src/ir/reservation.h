// SPDX-License-Identifier: GPL-2.0-only
// Reservation: the parts of the host that a run promises itself, so that runs that must not share
// CPUs do not. LLCs are named as HostLlc is, by their lowest online CPU.
#pragma once

#include "topology/cpuset.h"

namespace ktstr::ir {

/// What is taken alone is not also listed as shared.
struct Reservation {
  topology::CpuSet llcs_alone;
  topology::CpuSet llcs_shared;
  topology::CpuSet cpus_alone;
  topology::CpuSet cpus_shared;

  bool operator==(const Reservation&) const = default;
};

}  // namespace ktstr::ir
