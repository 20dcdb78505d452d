// SPDX-License-Identifier: GPL-2.0-only
// What claims can ask of payloads, evaluated: each run of one is an element of a vector.
#pragma once

#include "claims/facts.h"
#include "claims/selector.h"
#include "claims/value.h"

namespace ktstr::claims {

Value select_payloads(const Facts& facts, const Resolved& selector);

}  // namespace ktstr::claims
