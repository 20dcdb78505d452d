// SPDX-License-Identifier: GPL-2.0-only
// The programs of payloads: found on this host and packed with what they need.
#pragma once

#include <string>
#include <vector>

#include "cli/load.h"
#include "image/cpio.h"

namespace ktstr::cli {

/// Finds what the payloads of every case run and need, and their extractors, and writes the paths
/// into the cases; gives what has to be in the guest. A case of which a program is missing is
/// skipped, and the reason names it.
Result<std::vector<image::Entry>> pack_payloads(std::vector<PlannedCase>& cases,
                                                const std::vector<std::string>& directories);

}  // namespace ktstr::cli
