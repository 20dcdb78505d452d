// SPDX-License-Identifier: GPL-2.0-only
// Reads HostFacts.
#pragma once

#include <string>

#include "base/result.h"
#include "ir/host_facts.h"

namespace ktstr::host {

/// `root` stands before /proc, /sys and /dev, so that tests can make a machine up.
Result<ir::HostFacts> read_facts(const std::string& root = "");

}  // namespace ktstr::host
