// SPDX-License-Identifier: GPL-2.0-only
// HostFacts: what this machine can give to guests. Read by src/host, decided upon by src/plan.
#pragma once

#include <cstdint>

#include "base/units.h"

namespace ktstr::ir {

struct HostFacts {
  std::uint32_t cpus = 1;  ///< CPUs this process may run on.
  Bytes memory_available;  ///< MemAvailable.

  bool operator==(const HostFacts&) const = default;
};

}  // namespace ktstr::ir
