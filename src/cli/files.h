// SPDX-License-Identifier: GPL-2.0-only
// The files that scenarios put into the guest: read here, packed into the initramfs of the cases
// that have them, put in their places by init.
#pragma once

#include <vector>

#include "cli/load.h"

namespace ktstr::cli {

/// Gives every case its files and writes into it where the guest will find them. One that cannot be
/// read is an error that says where the scenario names it.
Status pack_files(std::vector<PlannedCase>& cases);

}  // namespace ktstr::cli
