// SPDX-License-Identifier: GPL-2.0-only
// Comparisons judged: one judgement per element or moment for predicates about single values, one
// per row for predicates about a whole series.
#pragma once

#include "claims/facts.h"
#include "claims/noise.h"
#include "claims/value.h"

namespace ktstr::claims {

struct Judgement {
  ir::Outcome outcome = ir::Outcome::pass;
  std::string label{};   ///< Of the element.
  std::string value{};   ///< What was seen.
  std::string reason{};  ///< Why it is no pass, where the value alone does not say it.
  double excess = 0;     ///< How far beyond the limit, negative inside it; orders elements.
  Nanos at{0};           ///< Since the beginning of the part judged; of a series.
};

struct Comparison {
  Value subject;
  std::vector<std::vector<Judgement>> rows;  ///< By the subject's rows.
  std::string flaw{};  ///< Why it cannot be judged at all; then there are no rows.
};

struct Scope {
  std::optional<Nanos> ignoring_first{};
  std::optional<std::int64_t> least_samples{};
};

Comparison judge_comparison(const ir::Comparison& comparison, const Facts& facts,
                            const Noise& noise, const Scope& scope);

}  // namespace ktstr::claims
