// SPDX-License-Identifier: GPL-2.0-only
// The functions and operators of claims over values. Types have been checked (type.h), and `type`
// is what type_of() gave for these arguments.
#pragma once

#include "claims/value.h"
#include "topology/topology.h"

namespace ktstr::claims {

Value apply(ir::Function function, const Type& type, const std::vector<Value>& arguments,
            const topology::Topology& topology);
Value apply(ir::ClaimOperator op, const Type& type, const std::vector<Value>& operands);

/// The CPUs of the LLC or node of that number; Missing where the machine has none.
Datum part_of_machine(ir::Function function, double index, const topology::Topology& topology);

/// The value stretched to as many rows and points as `like` has; a Missing where it has another
/// number of them itself, or its series other moments.
Value stretched(const Value& value, const Value& like);

}  // namespace ktstr::claims
