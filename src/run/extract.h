// SPDX-License-Identifier: GPL-2.0-only
// Extractors: commands of the host that make JSON of what a payload wrote.
#pragma once

#include <vector>

#include "ir/payload.h"
#include "ir/payload_run.h"

namespace ktstr::run {

/// Runs the extractors of those payloads that have one, on the output of each of their runs, and
/// puts what they make, or why they make nothing, into it. What a payload wrote is on their
/// standard input: its standard output, or its standard error where there is none.
void run_extractors(const std::vector<ir::Payload>& payloads, std::vector<ir::PayloadRun>& runs);

}  // namespace ktstr::run
