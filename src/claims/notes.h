// SPDX-License-Identifier: GPL-2.0-only
// What changes no verdict but belongs to the numbers of a run.
#pragma once

#include <string>
#include <vector>

#include "ir/telemetry.h"

namespace ktstr::claims {

/// Load that the scenario put on the host, rounds of a repeated step that took longer than `every`,
/// samples that were lost.
std::vector<std::string> notes(const ir::Telemetry& telemetry);

}  // namespace ktstr::claims
