// SPDX-License-Identifier: GPL-2.0-only
// One claim judged: its comparison with its modifiers.
#pragma once

#include "claims/facts.h"
#include "claims/noise.h"
#include "ir/verdict.h"

namespace ktstr::claims {

/// A finding of kind `claim`, labelled with the claim's own text.
///
/// Without modifiers every element and moment must hold. `sustained` forgives violations of fewer
/// samples in a row, or of a shorter time; `when` makes a claim pass where its condition does not
/// hold; `expect fail` turns pass and fail round and leaves inconclusive.
ir::Finding judge_claim(const ir::Claim& claim, const Facts& facts, const Noise& noise);

}  // namespace ktstr::claims
