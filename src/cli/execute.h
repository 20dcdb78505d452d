// SPDX-License-Identifier: GPL-2.0-only
// One case from launch to result: run, judge, record.
#pragma once

#include "cli/load.h"
#include "cli/prepare.h"
#include "plan/launch.h"
#include "run/directory.h"
#include "run/session.h"

namespace ktstr::cli {

struct Execution {
  const PlannedCase& planned;
  std::size_t round;  ///< Of --repeat, from 0.
};

/// What the case came to. Its files are in the run directory when this returns.
ir::CaseResult execute(const Execution& execution, const Prepared& prepared,
                       const plan::Options& options, const run::RunDirectory& directory,
                       const run::Interrupt& interrupt,
                       const std::function<void(const run::Progress&)>& progress);

}  // namespace ktstr::cli
