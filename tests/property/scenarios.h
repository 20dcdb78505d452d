// SPDX-License-Identifier: GPL-2.0-only
// Random scenarios. The rules are not asked: one may name cgroups that no one creates.
#pragma once

#include "doc/load.h"
#include "ir/scenario.h"
#include "support/generate.h"

namespace ktstr::testing {

/// `KTSTR_PROPERTY_COUNT` values in place of the usual number.
unsigned tries(unsigned usual);

ir::Expr any_expression(Tape& tape, unsigned depth);
Makers scenario_makers();

/// What reading `text` gives other than `value`; empty when it is the same.
std::string difference(const ir::Scenario& value, std::string text, doc::Format format);

}  // namespace ktstr::testing
