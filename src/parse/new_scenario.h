// SPDX-License-Identifier: GPL-2.0-only
// `ktstr new NAME`: a first scenario to change.
#pragma once

#include <string>
#include <string_view>

namespace ktstr::parse {

/// The text of a commented YAML file that holds one scenario called `name`, in which
/// `flaw_of_name` (rules.h) finds nothing.
std::string new_scenario_text(std::string_view name);

}  // namespace ktstr::parse
