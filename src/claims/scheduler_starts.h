// SPDX-License-Identifier: GPL-2.0-only
// The starts of schedulers in a run, put together from what the guest told of each.
#pragma once

#include <string>
#include <vector>

#include "ir/telemetry.h"

namespace ktstr::claims {

/// What the guest told of one start; the pointers are into the telemetry.
struct SchedulerStart {
  /// While which it was not in charge, and came back by itself.
  struct Absence {
    Nanos from, to;
  };

  const ir::SchedulerState* started = nullptr;
  const ir::SchedulerState* attached = nullptr;
  const ir::SchedulerState* refused = nullptr;
  const ir::SchedulerState* left = nullptr;  ///< And did not come back.
  const ir::SchedulerState* lost = nullptr;
  const ir::SchedulerState* detached = nullptr;
  const ir::SchedulerState* ended = nullptr;
  std::vector<Absence> absences;
  std::size_t tenures = 0;  ///< How often it was in charge.
  std::size_t earlier = 0;  ///< How often the kernel had said goodbye to its name before.
  std::vector<std::string> output;

  /// What ended its being in charge; nothing while it is, or if it never was.
  [[nodiscard]] const ir::SchedulerState* end() const { return left ? left : detached; }
};

/// In order; only those that began.
std::vector<SchedulerStart> starts_of(const ir::Telemetry& telemetry);

}  // namespace ktstr::claims
