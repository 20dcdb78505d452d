// SPDX-License-Identifier: GPL-2.0-only
// What a program asks of its kernel beyond what every run does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/case.h"
#include "ir/kernel_facts.h"

namespace ktstr::plan {

/// The first thing that the program uses and the kernel is known to lack; nothing when it will do.
std::optional<std::string> lacking(const ir::Program& program, const ir::KernelFacts& kernel);

/// Every option that `lacking` may ask for, with `CONFIG_`: a kernel with all of them lacks none.
std::vector<std::string_view> options_in_need();

}  // namespace ktstr::plan
