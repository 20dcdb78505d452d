// SPDX-License-Identifier: GPL-2.0-only
// ktstr-run: scenarios in, verdicts out.
#pragma once

#include "cli/arguments.h"
#include "run/interrupt.h"

namespace ktstr::cli {

/// Returns the exit status of DESIGN §7.
int run(const RunArguments& arguments, const run::Interrupt& interrupt);

}  // namespace ktstr::cli
