// SPDX-License-Identifier: GPL-2.0-only
// What would be booted, for people: `ktstr-run --dry-run` and `ktstr emit launch`.
#pragma once

#include <string>

#include "ir/case.h"
#include "ir/host_facts.h"
#include "ir/kernel_facts.h"
#include "plan/launch.h"

namespace ktstr::cli {

/// The machine as YAML, below comments that say what it comes to, defaults included; or a comment
/// that says why there would be none.
std::string show_launch(const ir::Case& planned, const ir::HostFacts& host,
                        const ir::KernelFacts& kernel, const plan::Options& options);

}  // namespace ktstr::cli
