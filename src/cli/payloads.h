// SPDX-License-Identifier: GPL-2.0-only
// The programs of payloads: found on this host and packed with what they need.
#pragma once

#include <string>
#include <vector>

#include "cli/load.h"

namespace ktstr::cli {

/// Finds what the payloads of every case run and need, and their extractors, writes the paths into
/// the case and gives it what has to be in its guest. A case of which a program is missing is
/// skipped, and the reason names it.
Status pack_payloads(std::vector<PlannedCase>& cases, const std::vector<std::string>& directories);

}  // namespace ktstr::cli
