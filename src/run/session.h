// SPDX-License-Identifier: GPL-2.0-only
// A session: boots a case's machine, talks to its init until the case is done or cannot be, and
// tears everything down. It judges nothing but whether there is something to judge: what went wrong
// with the machine or the guest comes back as findings.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ir/verdict.h"
#include "plan/launch.h"
#include "run/interrupt.h"
#include "vmm/machine.h"
#include "wire/clock.h"

namespace ktstr::run {

/// Where a session is, for the live line.
struct Progress {
  std::string_view stage;  ///< `booting`, or the name of the step.
  Nanos elapsed{0};        ///< Of the stage.
};

struct Attempt {
  std::vector<ir::Finding> trouble;  ///< Everything that kept the case from running as it should.
  bool greeted = false;              ///< Whether Hello came.
  bool measured = false;  ///< Whether the machine was right, so that claims can be judged.
  bool interrupted = false;
  std::uint32_t spoiled = 0;       ///< Runs that the emulator spoiled, see run_soundly.
  std::vector<std::string> notes;  ///< What the machine could not have after all.
  ir::Telemetry telemetry;
  std::string kernel;  ///< The release the guest reported.
  std::string console;
  std::uint64_t console_bytes = 0;
  std::optional<ir::ClockOffset> clock;
  ir::MachineStatistics statistics;
  Nanos boot{0};  ///< From start to Hello.
  Nanos wall{0};  ///< From start to the end of the machine.
};

/// Runs `program` in the machine of `launch`. Returns within the launch's limits, and within a
/// second of an interrupt.
Attempt run_session(vmm::Monitor& monitor, const plan::Launch& launch, const ir::Program& program,
                    const Interrupt& interrupt,
                    const std::function<void(const Progress&)>& progress);

}  // namespace ktstr::run
