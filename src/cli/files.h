// SPDX-License-Identifier: GPL-2.0-only
// The files that scenarios put into the guest: read here, packed into the initramfs that all
// machines of a run share, put in their places by init.
#pragma once

#include <vector>

#include "cli/load.h"
#include "image/cpio.h"

namespace ktstr::cli {

/// Reads the files of every case and writes into the cases where the guest will find them. One that
/// cannot be read is an error that says where the scenario names it.
Result<std::vector<image::Entry>> pack_files(std::vector<PlannedCase>& cases);

}  // namespace ktstr::cli
