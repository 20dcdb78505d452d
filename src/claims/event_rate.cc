// SPDX-License-Identifier: GPL-2.0-only
// How fast the kernel's event counters of sched_ext grow, from sample to sample.
#include <algorithm>

#include "claims/checks.h"
#include "claims/scheduler_counters.h"

namespace ktstr::claims {
namespace {

/// From one sample to the next.
struct Interval {
  double rate = 0;       ///< Per nanosecond.
  bool adjoins = false;  ///< The one before it.
  const Facts::Phase* phase = nullptr;
};

/// Of one attachment each, and while steps ran.
std::vector<Interval> intervals_of(const Facts& facts, const std::string& event) {
  const auto phase_of = [&](const SchedulerPoint& point) -> const Facts::Phase* {
    const auto found = std::ranges::find(facts.phases(), point.phase, &Facts::Phase::index);
    return found == facts.phases().end() ? nullptr : &*found;
  };
  std::vector<Interval> out;
  bool adjoins = false;
  const std::vector<SchedulerPoint> points = event_series(facts.telemetry(), event);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const SchedulerPoint& before = points[i - 1];
    const SchedulerPoint& now = points[i];
    const double elapsed =
        static_cast<double>(now.at.count()) - static_cast<double>(before.at.count());
    const Facts::Phase* phase = phase_of(now);
    const bool counts =
        phase && phase_of(before) && now.enable_seq == before.enable_seq && elapsed > 0;
    if (counts) out.push_back({(now.value - before.value) / elapsed, adjoins, phase});
    adjoins = counts;
  }
  return out;
}

/// Intervals in a row beyond a limit.
struct Excess {
  std::size_t length = 0;
  double peak = 0;
  const Facts::Phase* phase = nullptr;  ///< In which it ended.
};

Excess longest_excess(const std::vector<Interval>& intervals, double limit) {
  Excess longest;
  Excess current;
  for (const Interval& interval : intervals) {
    if (!interval.adjoins || interval.rate <= limit) current = {};
    if (interval.rate <= limit) continue;
    current = {current.length + 1, std::max(current.peak, interval.rate), interval.phase};
    if (current.length > longest.length) longest = current;
  }
  return longest;
}

}  // namespace

void check_event_rate(const Facts& facts, const EventLimit& check, Findings& findings) {
  if (facts.telemetry().schedulers.empty()) return;
  const auto shown = [](double rate) { return show(rate, Dim{-1, 0}); };
  const double limit = check.most.per_second / 1e9;
  ir::Finding out{.kind = std::string(check.kind),
                  .label = std::string(check.event) + " grows by no more than " + shown(limit),
                  .place = {},
                  .value = {},
                  .evidence = {}};
  const std::string event(check.event);
  const std::vector<Interval> intervals = intervals_of(facts, event);
  if (const auto missing = unknown_event(facts.telemetry(), event)) {
    out.outcome = ir::Outcome::inconclusive;
    out.value = missing->reason;
  } else if (intervals.size() < ir::sustained_samples) {
    out.outcome = ir::Outcome::inconclusive;
    out.value = "it was seen to grow for " + std::to_string(intervals.size()) + " samples only";
  } else if (const Excess excess = longest_excess(intervals, limit);
             excess.length >= ir::sustained_samples) {
    out.outcome = ir::Outcome::fail;
    out.value = "more for " + std::to_string(excess.length) + " samples in a row, up to " +
                shown(excess.peak) + ", the last in step `" + excess.phase->name + "`";
  } else {
    out.value = "at most " + shown(std::ranges::max(intervals, {}, &Interval::rate).rate) +
                " from one of " + std::to_string(intervals.size() + 1) + " samples to the next";
  }
  findings.push_back(std::move(out));
}

}  // namespace ktstr::claims
