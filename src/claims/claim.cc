// SPDX-License-Identifier: GPL-2.0-only
#include "claims/claim.h"

#include <algorithm>

#include "base/overload.h"
#include "claims/evaluate.h"
#include "claims/predicate.h"
#include "claims/select.h"

namespace ktstr::claims {
namespace {

using ir::Outcome;

constexpr std::size_t shown_elements = 8;

/// Passing counts least, then what could not be told, then failing; within one, what is furthest
/// beyond its limit is worst.
bool better(const Judgement& a, const Judgement& b) {
  return a.outcome != b.outcome ? a.outcome < b.outcome : a.excess < b.excess;
}

/// Whether the violations from `first` to `last` in a row last long enough to count.
bool lasts(const std::variant<std::int64_t, Nanos>& wanted, const std::vector<Judgement>& row,
           std::size_t first, std::size_t last) {
  return std::visit(Overload{[&](std::int64_t samples) {
                               return last - first + 1 >= static_cast<std::uint64_t>(samples);
                             },
                             [&](Nanos time) { return row[last].at - row[first].at >= time; }},
                    wanted);
}

/// Judgements that are not part of a long enough run of at least their weight are forgiven.
void forgive(std::vector<Judgement>& row, const std::variant<std::int64_t, Nanos>& wanted) {
  std::vector<Outcome> kept(row.size(), Outcome::pass);
  for (const Outcome weight : {Outcome::inconclusive, Outcome::fail}) {
    for (std::size_t first = 0; first < row.size();) {
      if (row[first].outcome < weight) {
        ++first;
        continue;
      }
      std::size_t last = first;
      while (last + 1 < row.size() && row[last + 1].outcome >= weight) ++last;
      if (lasts(wanted, row, first, last))
        for (std::size_t i = first; i <= last; ++i) kept[i] = weight;
      first = last + 1;
    }
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (kept[i] == row[i].outcome) continue;
    row[i].outcome = kept[i];
    row[i].reason = "not for long enough to count";
  }
}

/// The worst of all elements; nullopt where there is none.
std::optional<Judgement> worst_of(const Comparison& comparison) {
  std::optional<Judgement> worst;
  for (const auto& row : comparison.rows)
    for (const Judgement& judgement : row)
      if (!worst || better(*worst, judgement)) worst = judgement;
  return worst;
}

enum class Truth { no, unknown, yes };

Truth truth_of(const ir::Comparison& comparison, const Facts& facts) {
  // A condition asks what was, not whose fault it is.
  const ir::HostNoise quiet;
  const Noise none(Accelerator::kvm, quiet);
  const std::optional<Judgement> worst = worst_of(judge_comparison(comparison, facts, none, {}));
  if (!worst || worst->outcome == Outcome::inconclusive) return Truth::unknown;
  return worst->outcome == Outcome::pass ? Truth::yes : Truth::no;
}

Truth truth_of(const ir::Condition& condition, const Facts& facts) {
  Truth out = truth_of(condition.first, facts);
  for (const auto& [joint, comparison] : condition.rest) {
    const Truth next = truth_of(comparison, facts);
    out = joint == ir::Joint::both ? std::min(out, next) : std::max(out, next);
  }
  return out;
}

std::string element(const std::string& label, const std::string& value) {
  return label.empty() ? value : label + ": " + value;
}

/// What each selector of the claim came to, cgroups by their workers.
void add_values(const ir::Claim& claim, const Facts& facts, std::vector<std::string>& evidence) {
  std::vector<Mention> mentions;
  collect(claim.comparison.subject, mentions);
  for (const ir::ClaimExpr* operand : operands_of(claim.comparison.predicate))
    collect(*operand, mentions);
  std::vector<std::string> seen;
  for (const auto& [selector, sampled] : mentions) {
    const std::string text = to_text(*selector);
    if (sampled || std::ranges::find(seen, text) != seen.end()) continue;
    seen.push_back(text);
    const Value value = evaluate(*selector, facts);
    if (!value.measured) continue;
    std::string line = text + " =";
    std::size_t count = 0;
    for (const Row& row : value.rows)
      for (const Point& point : row.points) {
        if (++count > shown_elements) continue;
        const std::string label = value.type.scalar() ? "" : label_of(row, point);
        line += (count == 1 ? " " : ", ") + element(label, show(point.datum, value.type));
      }
    if (count > shown_elements) line += ", … " + std::to_string(count) + " in all";
    if (count == 0) line += " nothing";
    evidence.push_back(std::move(line));
    // The workers behind a cgroup's number.
    const auto resolved =
        resolve(*selector, {[](const std::string&) { return false; }, facts.judged().payloads});
    if (!resolved || !resolved->metric || resolved->workers || !value.type.scalar() ||
        (*resolved->metric)->scope != ir::MetricScope::worker)
      continue;
    ir::Selector each = *selector;
    each.parts.insert(each.parts.end() - 1, {"workers", false});
    const Value workers = evaluate(each, facts);
    std::string list;
    for (std::size_t i = 0; i < std::min(workers.rows.size(), shown_elements); ++i)
      list += (i == 0 ? "" : ", ") + show(workers.rows[i].points.at(0).datum, workers.type);
    if (workers.rows.size() > 1)
      evidence.push_back("  its " + std::to_string(workers.rows.size()) + " workers: " + list +
                         (workers.rows.size() > shown_elements ? ", …" : ""));
  }
}

/// The elements beside the worst: how many were judged, and the others that did not pass.
void add_elements(const Comparison& comparison, std::vector<std::string>& evidence) {
  std::size_t count = 0, failed = 0, unknown = 0;
  std::vector<const Judgement*> bad;
  for (const auto& row : comparison.rows) {
    for (const Judgement& judgement : row) {
      ++count;
      failed += judgement.outcome == Outcome::fail;
      unknown += judgement.outcome == Outcome::inconclusive;
      if (judgement.outcome != Outcome::pass) bad.push_back(&judgement);
    }
  }
  if (count < 2) return;
  evidence.push_back(std::to_string(count) + " judged: " + std::to_string(failed) + " failed, " +
                     std::to_string(unknown) + " inconclusive");
  std::ranges::stable_sort(bad, [](const auto* a, const auto* b) { return better(*b, *a); });
  for (std::size_t i = 0; i < std::min(bad.size(), shown_elements); ++i)
    evidence.push_back(
        "  " + element(bad[i]->label, bad[i]->value.empty() ? bad[i]->reason : bad[i]->value));
}

ir::Finding compared(const ir::Claim& claim, const Facts& facts, const Noise& noise) {
  ir::Finding out{.outcome = Outcome::inconclusive, .kind = "claim", .label = claim.text};
  Comparison comparison =
      judge_comparison(claim.comparison, facts, noise, {claim.ignoring_first, claim.least_samples});
  if (!comparison.flaw.empty()) {
    out.value = comparison.flaw;
    return out;
  }
  if (claim.sustained)
    for (auto& row : comparison.rows) forgive(row, *claim.sustained);
  const std::optional<Judgement> worst = worst_of(comparison);
  if (!worst) {
    out.value = "no data";
    add_values(claim, facts, out.evidence);
    return out;
  }
  out.outcome = worst->outcome;
  out.value = element(worst->label, worst->value.empty() ? worst->reason : worst->value);
  if (!worst->reason.empty() && !worst->value.empty()) out.evidence.push_back(worst->reason);
  add_elements(comparison, out.evidence);
  add_values(claim, facts, out.evidence);
  return out;
}

}  // namespace

ir::Finding judge_claim(const ir::Claim& claim, const Facts& facts, const Noise& noise) {
  if (claim.when) {
    const Truth applies = truth_of(*claim.when, facts);
    if (applies != Truth::yes)
      return {.outcome = applies == Truth::no ? Outcome::pass : Outcome::inconclusive,
              .kind = "claim",
              .label = claim.text,
              .value = applies == Truth::no ? "its condition does not hold"
                                            : "its condition could not be told"};
  }
  ir::Finding out = compared(claim, facts, noise);
  if (claim.expect_fail && out.outcome != Outcome::inconclusive) {
    const bool failed = out.outcome == Outcome::fail;
    out.outcome = failed ? Outcome::pass : Outcome::fail;
    out.evidence.push_back(failed ? "failed, as the claim expects"
                                  : "held, although the claim expects it to fail");
  }
  return out;
}

}  // namespace ktstr::claims
