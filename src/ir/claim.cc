// SPDX-License-Identifier: GPL-2.0-only
#include "ir/claim.h"

namespace ktstr::ir {

bool Call::operator==(const Call&) const = default;
bool Arithmetic::operator==(const Arithmetic&) const = default;

}  // namespace ktstr::ir
