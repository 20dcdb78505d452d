// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cmath>

#include "base/overload.h"
#include "claims/evaluate.h"
#include "claims/functions.h"
#include "claims/pattern.h"
#include "claims/predicate_judge.h"

namespace ktstr::claims {
namespace {

using ir::Outcome;
using topology::CpuSet;

/// The operand that says how near is near enough; null where there is none.
const ir::ClaimExpr* tolerance_of(const ir::Predicate& predicate) {
  return std::visit(Overload{[](const ir::Near& p) { return &p.tolerance; },
                             [](const ir::Steady& p) { return &p.tolerance; },
                             [](const ir::Converges& p) { return &p.tolerance; },
                             [](const auto&) -> const ir::ClaimExpr* { return nullptr; }},
                    predicate);
}

bool is_zero(const ir::ClaimExpr& expr) {
  const auto* quantity = std::get_if<ir::Quantity>(&expr);
  return quantity && quantity->value == 0;
}

bool contains(const Datum& subject, const Datum& element) {
  if (const auto* text = std::get_if<std::string>(&subject))
    return text->find(std::get<std::string>(element)) != std::string::npos;
  const auto& cpus = std::get<CpuSet>(subject);
  if (const auto* set = std::get_if<CpuSet>(&element)) return set->subset_of(cpus);
  const double cpu = std::get<double>(element);
  return cpu >= 0 && cpu < CpuSet::limit && cpu == std::floor(cpu) &&
         cpus.contains(static_cast<std::uint32_t>(cpu));
}

bool is_empty(const Datum& datum) {
  return std::visit(Overload{[](const CpuSet& cpus) { return cpus.empty(); },
                             [](const std::string& text) { return text.empty(); },
                             [](const ir::Histogram& histogram) { return histogram.count == 0; },
                             [](const auto&) { return false; }},
                    datum);
}

std::string beside(const CpuSet& cpus, std::string_view what) {
  return "{" + to_text(cpus) + "} " + std::string(what);
}

}  // namespace

Judge::Judge(const ir::Comparison& comparison, const Facts& facts, const Noise& noise,
             const Scope& scope)
    : comparison_(comparison), noise_(noise), scope_(scope) {
  subject_ = evaluate(comparison.subject, facts);
  class_ = subject_.metric_class;
  percent_ = subject_.type.share;
  std::vector<Type> types;
  for (const ir::ClaimExpr* operand : operands_of(comparison.predicate)) {
    operands_.push_back(evaluate(*operand, facts));
    types.push_back(operands_.back().type);
    class_ = std::max(class_, operands_.back().metric_class);
    // A count within 5% of another is no share itself.
    if (operand != tolerance_of(comparison.predicate))
      percent_ = percent_ || operands_.back().type.share;
  }
  if (const auto error = flaw_of(comparison.predicate, subject_.type, types))
    flaw_ = error->message;
}

void Judge::ignore_first() {
  const Nanos from = subject_.begin + *scope_.ignoring_first;
  const auto early = [&](const Point& point) { return point.at < from; };
  for (Row& row : subject_.rows) std::erase_if(row.points, early);
  for (Value& operand : operands_)
    if (operand.type.over != Over::nothing)
      for (Row& row : operand.rows) std::erase_if(row.points, early);
}

void Judge::name(Judgement& judgement, const Row& row, const Point& point) const {
  judgement.label = label_of(row, point);
  if (judgement.value.empty() && !std::holds_alternative<Missing>(point.datum))
    judgement.value = show(point.datum, subject_.type, percent_);
  if (subject_.type.over == Over::nothing) return;
  judgement.at = point.at - subject_.begin;
  if (subject_.type.over == Over::samples)
    judgement.label += (judgement.label.empty() ? "+" : " +") +
                       show(static_cast<double>(judgement.at.count()), Dim{1, 0});
}

std::optional<Judgement> Judge::too_few(std::uint64_t samples) const {
  if (!scope_.least_samples || samples >= static_cast<std::uint64_t>(*scope_.least_samples))
    return std::nullopt;
  return inconclusive("only " + std::to_string(samples) + " samples of the " +
                      std::to_string(*scope_.least_samples) + " that the claim asks for");
}

/// The operand that is the limit on that side, by its place.
std::optional<std::size_t> Judge::limit_on(Violation::Side side) const {
  if (std::holds_alternative<ir::Compare>(comparison_.predicate)) return 0;
  if (std::holds_alternative<ir::Between>(comparison_.predicate))
    return side == Violation::Side::above ? 1 : 0;
  return std::nullopt;
}

Judgement Judge::violated(Violation violation, double excess, std::string reason) const {
  violation.is_time = subject_.type.base == Base::number && subject_.type.dim == Dim{1, 0};
  if (const auto place = limit_on(violation.side)) {
    const Value& limit = operands_[*place];
    violation.against_zero =
        is_zero(*operands_of(comparison_.predicate)[*place]) || is_zero(comparison_.subject);
    violation.limit_grows = limit.measured && limit.metric_class == ir::MetricClass::wall;
  }
  violation.value_grows = subject_.measured;
  Softened softened = soften(noise_, class_, violation);
  if (!reason.empty() && !softened.reason.empty()) reason += "; ";
  return {.outcome = softened.outcome, .reason = reason + softened.reason, .excess = excess};
}

Judgement Judge::plain(bool holds, std::string reason) const {
  return holds ? Judgement{} : violated({}, 1, std::move(reason));
}

double Judge::operand(std::size_t index) const {
  const Value& value = operands_[index];
  if (value.rows.empty() || value.rows[0].points.empty()) return std::nan("");
  const auto* number = std::get_if<double>(&value.rows[0].points[0].datum);
  return number ? *number : std::nan("");
}

/// The first datum of an operand that is not there; null if all are.
const Missing* Judge::missing_operand() const {
  for (const Value& value : operands_)
    for (const Row& row : value.rows)
      for (const Point& point : row.points)
        if (const auto* missing = std::get_if<Missing>(&point.datum)) return missing;
  return nullptr;
}

Judgement Judge::in_band(double value, Band band, bool low_open, bool high_open) const {
  using Side = Violation::Side;
  // Written so that NaN satisfies nothing.
  const bool above_low = low_open ? value > band.low : value >= band.low;
  const bool below_high = high_open ? value < band.high : value <= band.high;
  const double excess = std::max(value - band.high, band.low - value);
  if (above_low && below_high) return {.excess = excess};
  if (std::isnan(value) || std::isnan(band.low) || std::isnan(band.high))
    return {.outcome = Outcome::fail, .reason = "not a number", .excess = HUGE_VAL};
  if (!below_high)
    return violated({.value = value, .limit = band.high, .side = Side::above}, excess);
  return violated({.value = value, .limit = band.low, .side = Side::below}, excess);
}

Judgement Judge::compare(ir::Relation relation, double value, double limit) const {
  switch (relation) {
    case ir::Relation::at_most:
      return in_band(value, {.high = limit});
    case ir::Relation::less:
      return in_band(value, {.high = limit}, false, true);
    case ir::Relation::at_least:
      return in_band(value, {.low = limit});
    case ir::Relation::greater:
      return in_band(value, {.low = limit}, true);
    case ir::Relation::equal:
      return in_band(value, {limit, limit});
    case ir::Relation::not_equal:
      break;
  }
  if (std::isnan(value) || std::isnan(limit))
    return {.outcome = Outcome::fail, .reason = "not a number", .excess = HUGE_VAL};
  Judgement out = plain(value != limit);
  out.excess = -std::abs(value - limit);
  return out;
}

Judgement Judge::numbers(const Datum& subject, const Operands& operands) const {
  const double value = std::get<double>(subject);
  const auto number = [&](std::size_t i) { return std::get<double>(*operands[i]); };
  if (const auto* p = std::get_if<ir::Compare>(&comparison_.predicate))
    return compare(p->relation, value, number(0));
  if (std::holds_alternative<ir::Between>(comparison_.predicate))
    return in_band(value, {number(0), number(1)});
  return in_band(value, around(number(0), number(1), operands_[1].type.share));
}

Judgement Judge::point(const Point& point, const Operands& operands) const {
  if (const auto few = too_few(point.samples)) return *few;
  if (const auto* missing = std::get_if<Missing>(&point.datum)) return without(*missing);
  for (const Datum* operand : operands)
    if (const auto* missing = std::get_if<Missing>(operand)) return without(*missing);
  const Datum& subject = point.datum;
  return std::visit(
      Overload{[&](const ir::Compare& p) {
                 if (std::holds_alternative<double>(subject)) return numbers(subject, operands);
                 return plain((subject == *operands[0]) == (p.relation == ir::Relation::equal));
               },
               [&](const ir::Between&) { return numbers(subject, operands); },
               [&](const ir::Near&) { return numbers(subject, operands); },
               [&](const ir::Is& p) {
                 const bool quality = p.quality == ir::Quality::finite
                                          ? std::isfinite(std::get<double>(subject))
                                          : is_empty(subject);
                 return plain(quality != p.negated);
               },
               [&](const ir::Contains&) { return plain(contains(subject, *operands[0])); },
               [&](const ir::SubsetOf&) {
                 const CpuSet more = std::get<CpuSet>(subject) - std::get<CpuSet>(*operands[0]);
                 return plain(more.empty(), beside(more, "lies outside"));
               },
               [&](const ir::DisjointFrom&) {
                 const CpuSet both = std::get<CpuSet>(subject) & std::get<CpuSet>(*operands[0]);
                 return plain(both.empty(), beside(both, "is in both"));
               },
               [&](const ir::Matches& p) {
                 return plain(pattern_matches(p.pattern, std::get<std::string>(subject)));
               },
               [&](const auto&) { return inconclusive("not a predicate of single values"); }},
      comparison_.predicate);
}

/// `is empty` and `contains` of vectors and series of numbers.
Judgement Judge::whole() const {
  std::size_t count = 0;
  bool found = false;
  const Missing* missing = missing_operand();
  for (const Row& row : subject_.rows) {
    for (const Point& point : row.points) {
      ++count;
      const auto* value = std::get_if<double>(&point.datum);
      found = found || (value && !operands_.empty() && *value == operand(0));
      if (!missing) missing = std::get_if<Missing>(&point.datum);
    }
  }
  Judgement out;
  if (const auto* p = std::get_if<ir::Is>(&comparison_.predicate))
    out = plain((count == 0) != p->negated);
  else if (count == 0)
    out = inconclusive("there are no values");
  else if (!found)
    out = missing ? without(*missing) : plain(false);
  out.value = std::to_string(count) + " values";
  return out;
}

Comparison Judge::run() {
  if (!flaw_.empty()) return {std::move(subject_), {}, flaw_};
  const bool of_rows = std::holds_alternative<ir::NeverDecreases>(comparison_.predicate) ||
                       std::holds_alternative<ir::StrictlyIncreases>(comparison_.predicate) ||
                       std::holds_alternative<ir::Steady>(comparison_.predicate) ||
                       std::holds_alternative<ir::Converges>(comparison_.predicate);
  const auto* is = std::get_if<ir::Is>(&comparison_.predicate);
  const bool of_whole = !subject_.type.scalar() && subject_.type.base == Base::number &&
                        ((is && is->quality == ir::Quality::empty) ||
                         std::holds_alternative<ir::Contains>(comparison_.predicate));
  if (scope_.ignoring_first) ignore_first();
  Comparison out;
  if (of_whole) {
    out.rows.push_back({whole()});
  } else if (of_rows) {
    for (const Row& one : subject_.rows) out.rows.push_back({row(one)});
  } else {
    // The limit may be a vector or series where the subject is not.
    for (const Value& operand : operands_) {
      const bool was_vector = subject_.type.vector || operand.type.vector;
      subject_ = stretched(subject_, operand);
      subject_.type.vector = was_vector;
    }
    for (Value& operand : operands_) operand = stretched(operand, subject_);
    for (std::size_t r = 0; r < subject_.rows.size(); ++r) {
      std::vector<Judgement> judgements;
      for (std::size_t p = 0; p < subject_.rows[r].points.size(); ++p) {
        Operands data;
        for (const Value& operand : operands_)
          data.push_back(&operand.rows.at(r).points.at(p).datum);
        const Point& judged = subject_.rows[r].points[p];
        judgements.push_back(point(judged, data));
        name(judgements.back(), subject_.rows[r], judged);
      }
      out.rows.push_back(std::move(judgements));
    }
  }
  out.subject = std::move(subject_);
  return out;
}

Comparison judge_comparison(const ir::Comparison& comparison, const Facts& facts,
                            const Noise& noise, const Scope& scope) {
  return Judge(comparison, facts, noise, scope).run();
}

}  // namespace ktstr::claims
