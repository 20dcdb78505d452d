// SPDX-License-Identifier: GPL-2.0-only
#include "claims/scheduler_counters.h"

#include <algorithm>
#include <ranges>

#include "claims/scheduler_starts.h"

namespace ktstr::claims {
namespace {

const ir::NamedNumber* find(const std::vector<ir::NamedNumber>& numbers, const std::string& name) {
  const auto found = std::ranges::find(numbers, name, &ir::NamedNumber::name);
  return found == numbers.end() ? nullptr : &*found;
}

Missing no_sample(const ir::Telemetry& telemetry) {
  if (telemetry.schedulers.empty()) return {"no scheduler was attached"};
  return {"no scheduler was in charge in this part of the run"};
}

std::string list_of(const std::vector<ir::NamedNumber>& numbers) {
  std::string out;
  for (const ir::NamedNumber& number : numbers) out += (out.empty() ? "" : ", ") + number.name;
  return out;
}

}  // namespace

Datum attached_for(const ir::Telemetry& telemetry, Nanos begin, Nanos end) {
  if (telemetry.schedulers.empty()) return Missing{"no scheduler was asked for"};
  Nanos out{0};
  for (const SchedulerStart& start : starts_of(telemetry)) {
    if (start.attached == nullptr) continue;
    // One that nobody saw go is there still.
    const Nanos gone = start.end() != nullptr ? start.end()->at : end;
    const auto part = [&](Nanos from, Nanos to) {
      return std::max(std::min(to, end) - std::max(from, begin), Nanos(0));
    };
    out += part(start.attached->at, gone);
    for (const SchedulerStart::Absence& absence : start.absences)
      out -= part(absence.from, absence.to);
  }
  return static_cast<double>(out.count());
}

Datum last_name(const ir::Telemetry& telemetry, Nanos begin, Nanos end) {
  const std::string* out = nullptr;
  for (const SchedulerStart& start : starts_of(telemetry)) {
    if (start.attached == nullptr || start.attached->at > end) continue;
    if (start.end() != nullptr && start.end()->at < begin) continue;
    out = &start.attached->ops;
  }
  if (out == nullptr) return no_sample(telemetry);
  return *out;
}

std::vector<SchedulerPoint> event_series(const ir::Telemetry& telemetry, const std::string& name) {
  std::vector<SchedulerPoint> out;
  double total = 0;
  double before = 0;
  std::uint64_t sequence = 0;
  for (const ir::SchedulerSample& sample : telemetry.scheduler_samples) {
    const ir::NamedNumber* number = find(sample.events, name);
    if (number == nullptr) continue;
    // A new scheduler's counters begin at 0.
    if (sample.enable_seq != sequence) before = 0;
    sequence = sample.enable_seq;
    total += std::max(number->value - before, 0.0);
    before = number->value;
    out.push_back({sample.at, sample.phase, total, sample.enable_seq});
  }
  return out;
}

std::vector<SchedulerPoint> statistic_series(const ir::Telemetry& telemetry,
                                             const std::string& name) {
  std::vector<SchedulerPoint> out;
  for (const ir::SchedulerSample& sample : telemetry.scheduler_samples)
    if (const ir::NamedNumber* number = find(sample.stats, name))
      out.push_back({sample.at, sample.phase, number->value, sample.enable_seq});
  return out;
}

std::optional<Missing> unknown_event(const ir::Telemetry& telemetry, const std::string& name) {
  const std::vector<ir::SchedulerSample>& samples = telemetry.scheduler_samples;
  if (samples.empty()) return no_sample(telemetry);
  if (!event_series(telemetry, name).empty()) return std::nullopt;
  const auto counting = std::ranges::find(samples, true, &ir::SchedulerSample::has_events);
  if (counting == samples.end())
    return Missing{"this kernel does not count the events of sched_ext (there is no root/events)"};
  return Missing{"this kernel does not count the event `" + name + "`; it counts " +
                 list_of(counting->events)};
}

Datum event_increase(const ir::Telemetry& telemetry, const std::string& name, Nanos begin,
                     Nanos end) {
  if (auto missing = unknown_event(telemetry, name)) return *std::move(missing);
  const std::vector<SchedulerPoint> series = event_series(telemetry, name);
  // The last value told until a moment; 0 before the first.
  const auto value_at = [&](Nanos at) {
    double out = 0;
    for (const SchedulerPoint& point : series)
      if (point.at <= at) out = point.value;
    return out;
  };
  if (series.front().at > end) return no_sample(telemetry);
  return value_at(end) - value_at(begin);
}

Datum last_statistic(const ir::Telemetry& telemetry, const std::string& name, Nanos begin,
                     Nanos end) {
  const std::vector<SchedulerPoint> series = statistic_series(telemetry, name);
  for (const SchedulerPoint& point : std::views::reverse(series))
    if (point.at >= begin && point.at <= end) return point.value;
  if (telemetry.scheduler_samples.empty()) return no_sample(telemetry);
  for (const ir::SchedulerSample& sample : telemetry.scheduler_samples)
    if (!sample.stats.empty())
      return Missing{series.empty() ? "the scheduler tells no `" + name + "`; it tells " +
                                          list_of(sample.stats)
                                    : "the scheduler told nothing in this part of the run"};
  return Missing{"the scheduler serves no statistics (/var/run/scx/root/stats)"};
}

}  // namespace ktstr::claims
