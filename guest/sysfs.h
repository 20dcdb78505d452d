// SPDX-License-Identifier: GPL-2.0-only
// Reads the machine as the kernel describes it. The root is "" on a real machine and a directory
// with a made-up tree in tests.
#pragma once

#include <string>

#include "base/result.h"
#include "topology/view.h"

namespace ktstr::guest {

/// From `root`/sys/devices/system/{cpu,node} and `root`/proc/zoneinfo.
Result<topology::MachineView> read_machine(const std::string& root);

}  // namespace ktstr::guest
