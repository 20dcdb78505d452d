// SPDX-License-Identifier: GPL-2.0-only
#include "claims/facts.h"

#include <algorithm>
#include <set>

namespace ktstr::claims {
namespace {

std::optional<std::int64_t> find_value(const std::vector<ir::MetricValue>& values,
                                       ir::MetricId metric) {
  for (const ir::MetricValue& value : values)
    if (value.metric == metric.row) return value.value;
  return std::nullopt;
}

/// A time that can be added to others without overflow: 0 to 3 years.
Nanos bounded(Nanos time) {
  return std::clamp(time, Nanos(0), Nanos(100'000'000'000'000'000));
}

}  // namespace

std::optional<std::int64_t> value_in(const ir::Slice& slice, ir::MetricId metric) {
  const std::optional<std::int64_t> value = find_value(slice.values, metric);
  if (!value && metric == ir::metric("wall_time")) return slice.lived.count();
  return value;
}

std::optional<std::int64_t> value_in(const ir::WorkerSample& sample, ir::MetricId metric) {
  return find_value(sample.values, metric);
}

Facts::Facts(const ir::Case& judged, const ir::Telemetry& telemetry)
    : case_(&judged), telemetry_(&telemetry) {
  add_phases();
  for (const ir::CpusetInForce& event : telemetry.cpusets)
    cpusets_[event.cgroup].push_back({bounded(event.at), &event.cpus});
  for (auto& [cgroup, events] : cpusets_) std::ranges::stable_sort(events, {}, &CpusetChange::at);
  add_workers();
  add_payloads();

  std::set<std::string> names;
  for (const auto& [cgroup, events] : cpusets_) names.insert(cgroup);
  for (const Worker& worker : workers_)
    for (const auto& [at, cgroup] : worker.homes) names.insert(cgroup);
  cgroups_.assign(names.begin(), names.end());
}

void Facts::add_phases() {
  Nanos last{0};
  for (const ir::Sample& sample : telemetry_->samples) last = std::max(last, bounded(sample.at));
  for (const ir::WorkerReport& report : telemetry_->workers)
    last = std::max(last, bounded(report.ended));
  const bool named_so = std::ranges::any_of(
      case_->program.steps, [](const ir::Step& step) { return step.name == "settling"; });
  for (const ir::Phase& phase : telemetry_->phases) {
    if (phase.name == "settling" && !named_so) continue;
    const Nanos begin = bounded(phase.begin);
    const Nanos end = phase.end > Nanos(0) ? bounded(phase.end) : last;
    phases_.push_back({phase.index, phase.name, begin, std::max(end, begin)});
  }
}

void Facts::add_payloads() {
  for (const ir::PayloadRun& run : telemetry_->payloads) {
    const auto payload = std::ranges::find(case_->payloads, run.payload, &ir::Payload::name);
    if (payload == case_->payloads.end()) continue;
    payloads_.push_back({&run, &*payload, numbers_of(*payload, run)});
  }
}

void Facts::add_workers() {
  std::map<std::uint32_t, std::size_t> by_id;
  for (const ir::WorkerReport& report : telemetry_->workers) {
    if (!by_id.emplace(report.info.id, workers_.size()).second) continue;
    Worker worker{.report = &report};
    worker.homes.emplace_back(bounded(report.info.started), report.info.cgroup);
    for (const ir::Slice& slice : report.slices)
      if (std::ranges::find(phases_, slice.phase, &Phase::index) != phases_.end())
        worker.slices[slice.phase] = &slice;
    workers_.push_back(std::move(worker));
  }
  for (const ir::Move& move : telemetry_->moves)
    if (const auto found = by_id.find(move.worker); found != by_id.end())
      workers_[found->second].homes.emplace_back(bounded(move.at), move.cgroup);
  for (Worker& worker : workers_)
    std::ranges::stable_sort(worker.homes.begin() + 1, worker.homes.end(), {},
                             [](const auto& home) { return home.first; });

  for (const ir::Sample& sample : telemetry_->samples) {
    if (const auto phase = std::ranges::find(phases_, sample.phase, &Phase::index);
        phase != phases_.end())
      ++phase->samples;
    for (const ir::WorkerSample& worker : sample.workers)
      if (const auto found = by_id.find(worker.worker); found != by_id.end())
        workers_[found->second].samples.push_back({bounded(sample.at), sample.phase, &worker});
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::ranges::stable_sort(workers_[i].samples, {}, &WorkerPoint::at);
    for (const Phase& phase : phases_) {
      if (!workers_[i].slices.contains(phase.index)) continue;
      members_[{home(workers_[i], phase.begin), phase.index}].push_back(i);
      members_[{"", phase.index}].push_back(i);
    }
  }
}

const std::vector<std::size_t>& Facts::members(const std::string& cgroup,
                                               std::uint32_t phase) const {
  static const std::vector<std::size_t> nobody;
  const auto found = members_.find({cgroup, phase});
  return found == members_.end() ? nobody : found->second;
}

bool Facts::is_member(const Worker& worker, const std::string& cgroup, const Phase& phase) const {
  return worker.slices.contains(phase.index) &&
         (cgroup.empty() || home(worker, phase.begin) == cgroup);
}

const std::string& Facts::home(const Worker& worker, Nanos at) const {
  const std::string* found = &worker.homes.front().second;
  for (const auto& [since, cgroup] : worker.homes)
    if (since <= at) found = &cgroup;
  return *found;
}

Facts::Allowed Facts::allowed(const std::string& cgroup, Nanos from, Nanos to) const {
  Allowed out;
  const auto found = cpusets_.find(cgroup);
  if (found == cpusets_.end()) return out;
  const std::vector<CpusetChange>& events = found->second;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool over_before = i + 1 < events.size() && events[i + 1].at <= from;
    if (over_before || events[i].at > to) continue;
    out.known = true;
    out.cpus = out.cpus | *events[i].cpus;
  }
  return out;
}

Facts::Allowed Facts::allowed(const Worker& worker, Nanos from, Nanos to) const {
  Allowed out;
  for (std::size_t i = 0; i < worker.homes.size(); ++i) {
    const bool over_before = i + 1 < worker.homes.size() && worker.homes[i + 1].first <= from;
    if (over_before || (i > 0 && worker.homes[i].first > to)) continue;
    const Allowed part = allowed(worker.homes[i].second, from, to);
    if (!part.known) return {};
    out.known = true;
    out.cpus = out.cpus | part.cpus;
  }
  return out;
}

}  // namespace ktstr::claims
