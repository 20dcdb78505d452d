// SPDX-License-Identifier: GPL-2.0-only
// Expressions of claims: their types against a vocabulary, and their values over telemetry.
#pragma once

#include <functional>

#include "claims/facts.h"
#include "claims/selector.h"
#include "claims/value.h"

namespace ktstr::claims {

/// The type of an expression, given how selectors are looked up.
using Lookup = std::function<tl::expected<Resolved, TypeError>(const ir::Selector&)>;
Typed type_of(const ir::ClaimExpr& expr, const Lookup& lookup);

/// Its value. What cannot be evaluated is Missing, with the reason.
Value evaluate(const ir::ClaimExpr& expr, const Facts& facts);

/// Every selector in the expression, in the order of its text; one inside series() is `sampled`.
struct Mention {
  const ir::Selector* selector;
  bool sampled;
};
void collect(const ir::ClaimExpr& expr, std::vector<Mention>& mentions);

/// Every call in the expression, an outer one before those in its arguments.
void for_each_call(const ir::ClaimExpr& expr, const std::function<void(const ir::Call&)>& visit);

}  // namespace ktstr::claims
