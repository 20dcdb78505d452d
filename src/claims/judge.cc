// SPDX-License-Identifier: GPL-2.0-only
#include "claims/judge.h"

#include <algorithm>

#include "claims/checks.h"
#include "claims/claim.h"
#include "claims/pattern.h"

namespace ktstr::claims {
namespace {

using ir::Outcome;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  const std::size_t end = text.find_last_not_of(" \t\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

bool any_matches(const std::string& pattern, const ir::Finding& finding) {
  if (pattern_matches(pattern, finding.label) || pattern_matches(pattern, finding.value))
    return true;
  return std::ranges::any_of(
      finding.evidence, [&](const std::string& line) { return pattern_matches(pattern, line); });
}

bool is_expected(const ir::Expect& expect, const ir::Finding& finding) {
  if (finding.outcome != Outcome::fail) return false;
  if (expect.kind && finding.kind != *expect.kind) return false;
  // What never was in charge cannot have failed in the way that is expected of it.
  if (!expect.kind && ir::is_never_attached(finding.kind)) return false;
  if (expect.claim && (finding.kind != "claim" || trimmed(finding.label) != trimmed(*expect.claim)))
    return false;
  if (!expect.matching) return true;
  const std::optional<std::string> pattern = between_slashes(*expect.matching);
  return pattern && !pattern_flaw(*pattern) && any_matches(*pattern, finding);
}

std::string describe(const ir::Expect& expect) {
  std::string out = "a failure";
  if (expect.kind) out += " of kind " + *expect.kind;
  if (expect.claim) out += " of the claim `" + *expect.claim + "`";
  if (expect.matching) out += " matching " + *expect.matching;
  return out;
}

void apply_expect(const ir::Expect& expect, std::vector<ir::Finding>& findings) {
  bool occurred = false;
  for (ir::Finding& finding : findings) {
    if (!is_expected(expect, finding)) continue;
    occurred = true;
    finding.outcome = Outcome::pass;
    finding.evidence.push_back("this failure is the one that the scenario expects");
  }
  // Whether it would have occurred cannot be told from a run that was not sound.
  const bool unsound = std::ranges::any_of(findings, [](const ir::Finding& finding) {
    return finding.outcome == Outcome::error || finding.outcome == Outcome::inconclusive;
  });
  const Outcome outcome = occurred  ? Outcome::pass
                          : unsound ? Outcome::inconclusive
                                    : Outcome::fail;
  findings.push_back({.outcome = outcome,
                      .kind = "expect",
                      .label = describe(expect) + " occurs",
                      .value = occurred ? "it occurred" : "it did not occur"});
}

}  // namespace

ir::Verdict conclude(const ir::Case& judged, std::vector<ir::Finding> findings) {
  const bool expects_failure = judged.expect && judged.expect->verdict == ir::Expected::fail;
  if (expects_failure) apply_expect(*judged.expect, findings);
  ir::Verdict out{.outcome = findings.empty() ? Outcome::pass : Outcome::skip,
                  .findings = std::move(findings)};
  for (const ir::Finding& finding : out.findings)
    out.outcome = std::max(out.outcome, finding.outcome);
  if (out.outcome == Outcome::inconclusive && judged.allow_inconclusive && !expects_failure)
    out.outcome = Outcome::pass;
  return out;
}

ir::Verdict judge(const ir::Case& judged, const ir::Telemetry& telemetry, const Context& context) {
  const Facts facts(judged, telemetry);
  const Noise noise(context.accelerator, telemetry.noise);
  std::vector<ir::Finding> findings = context.events;
  for (std::size_t i = 0; i < judged.claims->size(); ++i) {
    findings.push_back(judge_claim((*judged.claims)[i], facts, noise));
    if (i < context.places.size()) findings.back().place = context.places[i];
  }
  run_checks(facts, noise, findings);
  return conclude(judged, std::move(findings));
}

std::vector<ir::CgroupSummary> summaries(const ir::Case& judged, const ir::Telemetry& telemetry) {
  const Facts facts(judged, telemetry);
  std::vector<ir::CgroupSummary> out;
  for (const Facts::Phase& phase : facts.phases()) {
    for (const std::string& cgroup : facts.cgroups()) {
      const std::vector<std::size_t>& members = facts.members(cgroup, phase.index);
      if (members.empty()) continue;
      ir::CgroupSummary summary{.cgroup = cgroup,
                                .step = phase.name,
                                .workers = static_cast<std::uint32_t>(members.size())};
      for (const std::size_t member : members) {
        const ir::Slice& slice = *facts.workers()[member].slices.at(phase.index);
        const auto value = [&](ir::MetricId metric) {
          // Bounded, so that thousands of them can be added up.
          constexpr std::int64_t most = 1'000'000'000'000'000;
          return std::clamp<std::int64_t>(value_in(slice, metric).value_or(0), 0, most);
        };
        summary.cpu_time += Nanos(value(ir::metric("cpu_time")));
        summary.iterations += value(ir::metric("iterations"));
        summary.max_gap = std::max(summary.max_gap, Nanos(value(ir::metric("max_gap"))));
        summary.migrations += value(ir::metric("migrations"));
        summary.cpus_used = summary.cpus_used | slice.cpus;
      }
      out.push_back(std::move(summary));
    }
  }
  return out;
}

}  // namespace ktstr::claims
