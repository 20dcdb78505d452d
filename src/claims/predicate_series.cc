// SPDX-License-Identifier: GPL-2.0-only
// The predicates about a whole series: never decreases, strictly increases, steady, converges.
#include "base/overload.h"
#include "claims/predicate_judge.h"
#include "stats/dispersion.h"

namespace ktstr::claims {

Judgement Judge::ordered(const Row& row, bool strictly) const {
  for (std::size_t i = 1; i < row.points.size(); ++i) {
    const double before = std::get<double>(row.points[i - 1].datum);
    const double after = std::get<double>(row.points[i].datum);
    if (strictly ? after > before : after >= before) continue;
    Judgement out = violated({}, before - after, "after " + shown(before));
    name(out, row, row.points[i]);
    return out;
  }
  return {.value = shown(std::get<double>(row.points.front().datum)) + " to " +
                   shown(std::get<double>(row.points.back().datum))};
}

Judgement Judge::steady(const Row& row) const {
  std::vector<double> values;
  for (const Point& point : row.points) values.push_back(std::get<double>(point.datum));
  const double middle = *stats::mean(values);
  const Band band = around(middle, operand(0), operands_[0].type.share);
  Judgement worst{.excess = -HUGE_VAL};
  for (const Point& point : row.points) {
    const double value = std::get<double>(point.datum);
    const double excess = std::max(value - band.high, band.low - value);
    if (excess <= worst.excess) continue;
    worst = excess <= 0 ? Judgement{.excess = excess}
                        : violated({}, excess,
                                   "outside " + shown(band.low) + " to " + shown(band.high) +
                                       " around the mean " + shown(middle));
    name(worst, row, point);
  }
  return worst;
}

Judgement Judge::converges(const Row& row) const {
  constexpr int needed = 3;
  const Band band = around(operand(0), operand(1), operands_[1].type.share);
  int inside = 0;
  for (const Point& point : row.points) {
    const double value = std::get<double>(point.datum);
    inside = value >= band.low && value <= band.high ? inside + 1 : 0;
    if (inside < needed) continue;
    if (static_cast<double>((point.at - subject_.begin).count()) > operand(2)) break;
    Judgement out;
    name(out, row, point);
    return out;
  }
  Judgement out = violated({}, 1,
                           "three values in a row within " + shown(band.low) + " to " +
                               shown(band.high) + " did not come in time");
  name(out, row, row.points.back());
  return out;
}

Judgement Judge::row(const Row& row) const {
  const std::size_t needed = std::holds_alternative<ir::Converges>(comparison_.predicate) ? 3 : 2;
  Judgement out;
  if (row.points.size() < needed)
    out =
        inconclusive("a series of " + std::to_string(row.points.size()) + " values shows nothing");
  else if (const auto few = too_few(row.points.size()))
    out = *few;
  for (const Point& point : row.points)
    if (const auto* missing = std::get_if<Missing>(&point.datum)) out = without(*missing);
  if (const Missing* missing = missing_operand()) out = without(*missing);
  if (out.outcome == ir::Outcome::pass)
    out = std::visit(Overload{[&](const ir::NeverDecreases&) { return ordered(row, false); },
                              [&](const ir::StrictlyIncreases&) { return ordered(row, true); },
                              [&](const ir::Steady&) { return steady(row); },
                              [&](const ir::Converges&) { return converges(row); },
                              [&](const auto&) { return inconclusive("not of a series"); }},
                     comparison_.predicate);
  if (out.label.empty()) out.label = row.label;
  return out;
}

}  // namespace ktstr::claims
