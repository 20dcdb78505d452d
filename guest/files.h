// SPDX-License-Identifier: GPL-2.0-only
// The files of a scenario: they come with the machine under names of their own, since machines of
// several scenarios share an initramfs, and are put where the scenario wants them.
#pragma once

#include <vector>

#include "base/result.h"
#include "ir/guest_file.h"

namespace ktstr::guest {

/// Makes the directories they stand in; what is at their place is replaced.
Status put_files(const std::vector<ir::GuestFile>& files);

}  // namespace ktstr::guest
