// SPDX-License-Identifier: GPL-2.0-only
#include "claims/select.h"

#include <algorithm>

#include "base/glob.h"
#include "claims/derived.h"
#include "claims/payload.h"
#include "claims/scheduler_counters.h"

namespace ktstr::claims {
namespace {

using Phases = std::span<const Facts::Phase>;

std::string part_name(Phases phases, const Facts& facts) {
  return phases.size() == 1 && facts.phases().size() > 1 ? "in step `" + phases[0].name + "`"
                                                         : "in this part of the run";
}

Missing nobody(const Facts& facts, const Group& group, Phases phases) {
  return {"no worker of `" + (group.cgroup.empty() ? "total" : group.cgroup) + "` lived " +
          part_name(phases, facts)};
}

Missing unmeasured(const Group& group, ir::MetricId metric) {
  return {"nobody measured " + std::string(metric->name) + " for `" + group.label + "`"};
}

/// Counters, levels and maxima: workers become a group in each phase, then phases become one.
Datum number(const Facts& facts, const Group& group, Phases phases, ir::MetricId metric) {
  bool lived = false, measured = false;
  double out = 0;
  for (const Facts::Phase& phase : phases) {
    const std::vector<std::size_t> members = group.members(facts, phase);
    if (members.empty()) continue;
    double together = 0;
    for (const std::size_t worker : members) {
      const auto value = value_in(*facts.workers()[worker].slices.at(phase.index), metric);
      // Of the threads of a process one tells what they have together.
      if (!value && metric->kind == ir::MetricKind::level) continue;
      if (!value) return unmeasured(group, metric);
      const auto amount = static_cast<double>(*value);
      together = metric->aggregate == ir::Aggregate::maximum ? std::max(together, amount)
                                                             : together + amount;
      measured = true;
    }
    lived = true;
    out = metric->kind == ir::MetricKind::maximum ? std::max(out, together)
          : metric->kind == ir::MetricKind::level ? together
                                                  : out + together;
  }
  if (!lived) return nobody(facts, group, phases);
  if (!measured) return unmeasured(group, metric);
  return out;
}

Datum united(const Facts& facts, const Group& group, Phases phases) {
  bool lived = false;
  topology::CpuSet out;
  for (const Facts::Phase& phase : phases) {
    for (const std::size_t worker : group.members(facts, phase)) {
      out = out | facts.workers()[worker].slices.at(phase.index)->cpus;
      lived = true;
    }
  }
  if (!lived) return nobody(facts, group, phases);
  return out;
}

void merge(ir::Histogram& into, const ir::Histogram& other) {
  if (other.count == 0) return;
  into.minimum = into.count == 0 ? other.minimum : std::min(into.minimum, other.minimum);
  into.maximum = std::max(into.maximum, other.maximum);
  into.count += other.count;
  into.sum += other.sum;
  ir::Histogram both;
  std::size_t a = 0, b = 0;
  const std::size_t a_end = std::min(into.buckets.size(), into.counts.size());
  const std::size_t b_end = std::min(other.buckets.size(), other.counts.size());
  while (a < a_end || b < b_end) {
    const bool take_a = b >= b_end || (a < a_end && into.buckets[a] <= other.buckets[b]);
    const std::uint32_t bucket = take_a ? into.buckets[a] : other.buckets[b];
    const std::uint64_t count = take_a ? into.counts[a++] : other.counts[b++];
    if (!both.buckets.empty() && both.buckets.back() == bucket) {
      both.counts.back() += count;
    } else {
      both.buckets.push_back(bucket);
      both.counts.push_back(count);
    }
  }
  into.buckets = std::move(both.buckets);
  into.counts = std::move(both.counts);
}

Datum merged(const Facts& facts, const Group& group, Phases phases, ir::MetricId metric) {
  bool lived = false;
  bool measured = false;
  ir::Histogram out;
  for (const Facts::Phase& phase : phases) {
    for (const std::size_t worker : group.members(facts, phase)) {
      lived = true;
      for (const auto& part : facts.workers()[worker].slices.at(phase.index)->histograms) {
        if (part.metric != metric.row) continue;
        measured = true;
        merge(out, part.histogram);
      }
    }
  }
  if (!lived) return nobody(facts, group, phases);
  if (!measured) return unmeasured(group, metric);
  return out;
}

Datum given_cpus(const Facts& facts, const Group& group, Phases phases) {
  topology::CpuSet out;
  for (const Facts::Phase& phase : phases) {
    const Facts::Allowed allowed = facts.allowed(group.cgroup, phase.begin, phase.end);
    if (allowed.known) out = out | allowed.cpus;
  }
  if (out.empty()) return Missing{"the cpuset of `" + group.cgroup + "` is not known"};
  return out;
}

std::vector<Facts::Phase> cut(const Facts& facts, const Resolved& selector) {
  std::vector<Facts::Phase> out;
  for (const Facts::Phase& phase : facts.phases()) {
    const bool inside =
        selector.cut == Resolved::Cut::none || selector.cut == Resolved::Cut::every ||
        (selector.cut == Resolved::Cut::one ? phase.name == selector.step
                                            : glob_matches(selector.step, phase.name));
    if (inside) out.push_back(phase);
  }
  return out;
}

bool lives(const Facts& facts, const Group& group, const Facts::Phase& phase, bool bare) {
  if (bare) return facts.allowed(group.cgroup, phase.begin, phase.end).known;
  return !group.members(facts, phase).empty();
}

Point point_of(const Facts& facts, const Group& group, Phases phases, const Resolved& selector) {
  Point out;
  if (!selector.metric) {
    out.datum = given_cpus(facts, group, phases);
    return out;
  }
  out.datum = datum_of(facts, group, phases, *selector.metric);
  out.samples = 0;
  for (const Facts::Phase& phase : phases) {
    if (!lives(facts, group, phase, false)) continue;
    out.wall += phase.end - phase.begin;
    out.samples += phase.samples;
  }
  if (!phases.empty()) out.at = phases.front().begin;
  if (const auto* histogram = std::get_if<ir::Histogram>(&out.datum))
    out.samples = histogram->count;
  return out;
}

Datum scheduler_datum(const Facts& facts, const Resolved& selector, Nanos begin, Nanos end) {
  switch (selector.scheduler) {
    case Resolved::SchedulerValue::attached_for:
      return attached_for(facts.telemetry(), begin, end);
    case Resolved::SchedulerValue::event:
      return event_increase(facts.telemetry(), selector.variable, begin, end);
    case Resolved::SchedulerValue::statistic:
      return last_statistic(facts.telemetry(), selector.variable, begin, end);
    case Resolved::SchedulerValue::name:
      return last_name(facts.telemetry(), begin, end);
  }
  return Missing{};
}

/// Times and counters are summed over phases; of all else the last one counts.
Point scheduler_point(const Facts& facts, const Resolved& selector, Phases phases) {
  Point out{.label = {}, .datum = Missing{"this part of the run did not come"}, .samples = 0};
  const bool adds = selector.scheduler == Resolved::SchedulerValue::attached_for ||
                    selector.scheduler == Resolved::SchedulerValue::event;
  bool known = false;
  for (const Facts::Phase& phase : phases) {
    out.wall += phase.end - phase.begin;
    out.samples += phase.samples;
    Datum part = scheduler_datum(facts, selector, phase.begin, phase.end);
    const bool has_it = !std::holds_alternative<Missing>(part);
    if (known && !has_it) continue;
    if (known && adds)
      std::get<double>(out.datum) += std::get<double>(part);
    else
      out.datum = std::move(part);
    known = has_it;
  }
  if (!phases.empty()) out.at = phases.front().begin;
  return out;
}

Value of_kernel(const Facts& facts, const Resolved& selector) {
  const std::string& release = facts.telemetry().kernel;
  Value out = scalar_value(selector.type, release.empty()
                                              ? Datum(Missing{"the guest did not tell its kernel"})
                                              : Datum(release));
  out.measured = true;
  return out;
}

Value of_scheduler(const Facts& facts, const Resolved& selector) {
  Value out{.type = selector.type, .measured = true};
  const std::vector<Facts::Phase> phases = cut(facts, selector);
  if (!phases.empty()) out.begin = phases.front().begin;
  Row row{"scheduler", {}};
  if (selector.type.over == Over::nothing) {
    row.points.push_back(scheduler_point(facts, selector, phases));
    if (selector.cut == Resolved::Cut::one) row.points.back().label = selector.step;
  } else {
    for (const Facts::Phase& phase : phases) {
      row.points.push_back(scheduler_point(facts, selector, {&phase, 1}));
      row.points.back().label = phase.name;
    }
  }
  out.rows.push_back(std::move(row));
  return out;
}

Value scheduler_series(const Facts& facts, const Resolved& selector) {
  Value out{.type = selector.type, .measured = true};
  out.type.over = Over::samples;
  out.type.counter = false;
  out.type.sampled = false;
  const std::vector<Facts::Phase> phases = cut(facts, selector);
  if (!phases.empty()) out.begin = phases.front().begin;
  Row row{"scheduler", {}};
  const std::vector<SchedulerPoint> points =
      selector.scheduler == Resolved::SchedulerValue::event
          ? event_series(facts.telemetry(), selector.variable)
          : statistic_series(facts.telemetry(), selector.variable);
  for (const SchedulerPoint& point : points)
    if (std::ranges::find(phases, point.phase, &Facts::Phase::index) != phases.end())
      row.points.push_back({.label = {}, .at = point.at, .datum = point.value});
  for (Point& point : row.points) point.samples = row.points.size();
  out.rows.push_back(std::move(row));
  return out;
}

}  // namespace

std::vector<std::size_t> Group::members(const Facts& facts, const Facts::Phase& phase) const {
  if (!worker) return facts.members(cgroup, phase.index);
  if (facts.is_member(facts.workers()[*worker], cgroup, phase)) return {*worker};
  return {};
}

std::vector<Group> groups_of(const Facts& facts, const Resolved& selector, Phases phases) {
  std::vector<Group> out;
  if (selector.of == Resolved::Of::total) {
    out.push_back({"total", ""});
  } else if (!selector.glob) {
    out.push_back({selector.cgroup, selector.cgroup});
  } else {
    for (const std::string& cgroup : facts.cgroups())
      if (glob_matches(selector.cgroup, cgroup)) out.push_back({cgroup, cgroup});
    std::erase_if(out, [&](const Group& group) {
      return std::ranges::none_of(phases, [&](const Facts::Phase& phase) {
        return lives(facts, group, phase, !selector.metric);
      });
    });
  }
  if (!selector.workers) return out;
  std::vector<Group> workers;
  for (const Group& group : out) {
    std::vector<bool> in(facts.workers().size(), false);
    for (const Facts::Phase& phase : phases)
      for (const std::size_t worker : group.members(facts, phase)) in[worker] = true;
    for (std::size_t i = 0; i < in.size(); ++i)
      if (in[i])
        workers.push_back(
            {group.label + " worker " + std::to_string(facts.workers()[i].report->info.id),
             group.cgroup, i});
  }
  return workers;
}

Datum datum_of(const Facts& facts, const Group& group, Phases phases, ir::MetricId metric) {
  switch (metric->kind) {
    case ir::MetricKind::counter:
    case ir::MetricKind::level:
    case ir::MetricKind::maximum:
      return number(facts, group, phases, metric);
    case ir::MetricKind::cpus:
      return united(facts, group, phases);
    case ir::MetricKind::distribution:
      return merged(facts, group, phases, metric);
    case ir::MetricKind::derived:
      break;
  }
  return derived_datum(facts, group, phases, metric);
}

Value select(const Facts& facts, const Resolved& selector) {
  if (selector.of == Resolved::Of::machine) {
    Value out = scalar_value(selector.type, selector.machine->value(facts.telemetry()));
    out.measured = true;
    return out;
  }
  if (selector.of == Resolved::Of::kernel) return of_kernel(facts, selector);
  if (selector.of == Resolved::Of::scheduler) return of_scheduler(facts, selector);
  if (selector.of == Resolved::Of::payloads) return select_payloads(facts, selector);
  Value out{.type = selector.type, .measured = true};
  const std::vector<Facts::Phase> phases = cut(facts, selector);
  if (selector.metric) out.metric_class = (*selector.metric)->metric_class;
  if (!phases.empty()) out.begin = phases.front().begin;
  for (const Group& group : groups_of(facts, selector, phases)) {
    Row row{group.label, {}};
    if (selector.type.over == Over::nothing) {
      row.points.push_back(point_of(facts, group, phases, selector));
      if (selector.cut == Resolved::Cut::one) row.points.back().label = selector.step;
    } else {
      for (const Facts::Phase& phase : phases) {
        if (!lives(facts, group, phase, !selector.metric)) continue;
        row.points.push_back(point_of(facts, group, {&phase, 1}, selector));
        row.points.back().label = phase.name;
      }
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

Value select_series(const Facts& facts, const Resolved& selector) {
  if (selector.of == Resolved::Of::scheduler) return scheduler_series(facts, selector);
  Value out{.type = selector.type, .measured = true};
  out.type.over = Over::samples;
  out.type.counter = false;
  const ir::MetricId metric = *selector.metric;
  out.metric_class = metric->metric_class;
  const std::vector<Facts::Phase> phases = cut(facts, selector);
  if (!phases.empty()) out.begin = phases.front().begin;
  const bool cpus = selector.type.base == Base::cpus;
  for (const Group& group : groups_of(facts, selector, phases)) {
    // The members' samples by time. A worker's first counts from its start, at 0.
    struct Moment {
      std::uint32_t phase = 0;
      double gained = 0;
      topology::CpuSet cpus;
    };
    std::map<Nanos, Moment> moments;
    for (std::size_t i = 0; i < facts.workers().size(); ++i) {
      if (group.worker && *group.worker != i) continue;
      const Facts::Worker& worker = facts.workers()[i];
      double before = 0;
      for (const Facts::WorkerPoint& sampled : worker.samples) {
        const auto value = value_in(*sampled.worker, metric);
        if (!cpus && !value) continue;
        const double now = static_cast<double>(value.value_or(0));
        const double gain = now - before;
        before = now;
        if (!group.cgroup.empty() && facts.home(worker, sampled.at) != group.cgroup) continue;
        Moment& moment = moments[sampled.at];
        moment.phase = sampled.phase;
        moment.gained += gain;
        moment.cpus = moment.cpus | sampled.worker->cpus;
      }
    }
    Row row{group.label, {}};
    double level = 0;
    for (const auto& [at, moment] : moments) {
      level += moment.gained;
      if (std::ranges::find(phases, moment.phase, &Facts::Phase::index) != phases.end())
        row.points.push_back({.at = at, .datum = cpus ? Datum(moment.cpus) : Datum(level)});
    }
    for (Point& point : row.points) point.samples = row.points.size();
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace ktstr::claims
