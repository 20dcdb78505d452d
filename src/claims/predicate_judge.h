// SPDX-License-Identifier: GPL-2.0-only
// Judge: a comparison while it is judged, its subject and operands evaluated. Private to
// predicate.cc, which judges single values and sets of them, and predicate_series.cc, which judges
// what a series does over time.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "claims/predicate.h"

namespace ktstr::claims {

/// A number's place relative to low … high.
struct Band {
  double low = -HUGE_VAL;
  double high = HUGE_VAL;
};

inline Band around(double target, double tolerance, bool relative) {
  const double reach = std::abs(relative ? target * tolerance : tolerance);
  return {target - reach, target + reach};
}

using Operands = std::vector<const Datum*>;

inline Judgement inconclusive(std::string reason) {
  return {.outcome = ir::Outcome::inconclusive, .reason = std::move(reason)};
}

inline Judgement without(const Missing& missing) {
  Judgement out = inconclusive(missing.reason);
  if (missing.fails) out.outcome = ir::Outcome::fail;
  return out;
}

class Judge {
 public:
  Judge(const ir::Comparison& comparison, const Facts& facts, const Noise& noise,
        const Scope& scope);
  Comparison run();

 private:
  Judgement point(const Point& point, const Operands& operands) const;
  Judgement row(const Row& row) const;
  Judgement whole() const;
  Judgement numbers(const Datum& subject, const Operands& operands) const;
  Judgement in_band(double value, Band band, bool low_open = false, bool high_open = false) const;
  Judgement compare(ir::Relation relation, double value, double limit) const;
  Judgement ordered(const Row& row, bool strictly) const;
  Judgement steady(const Row& row) const;
  Judgement converges(const Row& row) const;
  Judgement violated(Violation violation, double excess, std::string reason = {}) const;
  [[nodiscard]] std::optional<std::size_t> limit_on(Violation::Side side) const;
  Judgement plain(bool holds, std::string reason = {}) const;
  [[nodiscard]] double operand(std::size_t index) const;
  [[nodiscard]] const Missing* missing_operand() const;
  [[nodiscard]] std::string shown(double value) const {
    return show(value, subject_.type.dim, percent_);
  }
  void ignore_first();
  void name(Judgement& judgement, const Row& row, const Point& point) const;
  std::optional<Judgement> too_few(std::uint64_t samples) const;

  const ir::Comparison& comparison_;
  const Noise& noise_;
  const Scope& scope_;
  std::string flaw_;
  Value subject_;
  std::vector<Value> operands_;
  ir::MetricClass class_ = ir::MetricClass::fact;
  bool percent_ = false;
};

}  // namespace ktstr::claims
