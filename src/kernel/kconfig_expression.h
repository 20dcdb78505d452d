// SPDX-License-Identifier: GPL-2.0-only
// Conditions as Kconfig files write them (Documentation/kbuild/kconfig-language.rst of the kernel):
// enough to tell which part of one a configuration does not meet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/config_text.h"

namespace ktstr::kernel {

/// The parts of `condition`, joined by && at its top, that `options` do not meet, each with the
/// values that its names have: `A || B (A is n, B is n)`. Macro calls and whatever else is not
/// understood count as met.
std::vector<std::string> unmet_parts(std::string_view condition, const Options& options);

}  // namespace ktstr::kernel
