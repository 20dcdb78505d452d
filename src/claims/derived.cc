// SPDX-License-Identifier: GPL-2.0-only
#include "claims/derived.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace ktstr::claims {
namespace {

using Phases = std::span<const Facts::Phase>;

struct OffCpu {
  double off = 0;
  double wall = 0;
};

/// Summed over workers and phases; nullopt where no worker lived or its CPU time is not known.
std::optional<OffCpu> off_cpu(const Facts& facts, const Group& group, Phases phases) {
  std::optional<OffCpu> out;
  for (const Facts::Phase& phase : phases) {
    for (const std::size_t worker : group.members(facts, phase)) {
      const ir::Slice& slice = *facts.workers()[worker].slices.at(phase.index);
      const auto cpu = value_in(slice, ir::metric("cpu_time"));
      const auto wall = value_in(slice, ir::metric("wall_time"));
      if (!cpu || !wall) return std::nullopt;
      if (!out) out.emplace();
      out->off += std::max(0.0, static_cast<double>(*wall) - static_cast<double>(*cpu));
      out->wall += static_cast<double>(*wall);
    }
  }
  return out;
}

const Missing no_worker{"no worker lived in this part of the run"};

Datum off_cpu_time(const Facts& facts, const Group& group, Phases phases) {
  const std::optional<OffCpu> sums = off_cpu(facts, group, phases);
  if (!sums) return no_worker;
  return sums->off;
}

Datum off_cpu_pct(const Facts& facts, const Group& group, Phases phases) {
  const std::optional<OffCpu> sums = off_cpu(facts, group, phases);
  if (!sums) return no_worker;
  if (sums->wall <= 0) return Missing{"no worker had any time to run"};
  return sums->off / sums->wall;
}

Datum stray(const Facts& facts, const Group& group, Phases phases) {
  topology::CpuSet out;
  bool seen = false;
  for (const Facts::Phase& phase : phases) {
    for (const std::size_t worker : group.members(facts, phase)) {
      const auto cpus = stray_cpus(facts, facts.workers()[worker], phase);
      if (!cpus) return Missing{"the cpuset that was in force is not known"};
      out = out | *cpus;
      seen = true;
    }
  }
  if (!seen) return no_worker;
  return out;
}

/// The distance of the best and the worst served worker; needs two that had time to run.
Datum spread(const Facts& facts, const Group& group, Phases phases) {
  std::vector<double> shares;
  for (std::size_t i = 0; i < facts.workers().size(); ++i) {
    const Group worker{"", group.cgroup, i};
    const std::optional<OffCpu> sums = off_cpu(facts, worker, phases);
    if (sums && sums->wall > 0) shares.push_back(sums->off / sums->wall);
  }
  if (shares.size() < 2) return Missing{"a spread needs two workers that had time to run"};
  const auto [least, most] = std::ranges::minmax(shares);
  return most - least;
}

/// Of the CPU time that workers had, the part they had as tasks of sched_ext.
Datum ext_share(const Facts& facts, const Group& group, Phases phases) {
  bool lived = false;
  double ext = 0;
  double all = 0;
  for (const Facts::Phase& phase : phases)
    for (const std::size_t worker : group.members(facts, phase)) {
      const ir::Slice& slice = *facts.workers()[worker].slices.at(phase.index);
      const auto part = value_in(slice, ir::metric("ext_time"));
      const auto whole = value_in(slice, ir::metric("cpu_time"));
      if (!part || !whole)
        return Missing{
            "the kernel does not tell who is under sched_ext (ext.enabled in "
            "/proc/PID/sched)"};
      ext += static_cast<double>(*part);
      all += static_cast<double>(*whole);
      lived = true;
    }
  if (!lived) return no_worker;
  if (all <= 0) return Missing{"no worker had any CPU time"};
  return ext / all;
}

/// `part` of all the pages that workers had in the last of the phases they lived in.
Datum share_of_pages(const Facts& facts, const Group& group, Phases phases, ir::MetricId part) {
  std::optional<std::pair<double, double>> last;
  for (const Facts::Phase& phase : phases) {
    std::pair<double, double> sums;
    const std::vector<std::size_t> members = group.members(facts, phase);
    for (const std::size_t worker : members) {
      const ir::Slice& slice = *facts.workers()[worker].slices.at(phase.index);
      // Of the threads of a process the first tells for all.
      sums.first += static_cast<double>(value_in(slice, part).value_or(0));
      sums.second += static_cast<double>(value_in(slice, ir::metric("pages")).value_or(0));
    }
    if (members.empty()) continue;
    const double moved = last && part->kind == ir::MetricKind::counter ? last->first : 0;
    last = {sums.first + moved, sums.second};
  }
  if (!last) return no_worker;
  if (last->second <= 0)
    return Missing{"the workers have no pages, or the machine has one NUMA node"};
  return last->first / last->second;
}

Datum page_locality(const Facts& facts, const Group& group, Phases phases) {
  return share_of_pages(facts, group, phases, ir::metric("local_pages"));
}
Datum slow_tier_ratio(const Facts& facts, const Group& group, Phases phases) {
  return share_of_pages(facts, group, phases, ir::metric("slow_pages"));
}
Datum cross_node_migration(const Facts& facts, const Group& group, Phases phases) {
  return share_of_pages(facts, group, phases, ir::metric("pages_migrated"));
}

Datum processes(const Facts& facts, const Group& group, Phases phases) {
  std::set<std::int32_t> pids;
  for (const Facts::Phase& phase : phases)
    for (const std::size_t worker : group.members(facts, phase))
      pids.insert(facts.workers()[worker].report->info.pid);
  if (pids.empty()) return no_worker;
  return static_cast<double>(pids.size());
}

struct Derived {
  ir::MetricId metric;
  Datum (*compute)(const Facts&, const Group&, Phases);
};

constexpr Derived derived[] = {
    {ir::metric("off_cpu"), off_cpu_time},
    {ir::metric("off_cpu_pct"), off_cpu_pct},
    {ir::metric("ext"), ext_share},
    {ir::metric("stray_cpus"), stray},
    {ir::metric("page_locality"), page_locality},
    {ir::metric("slow_tier_ratio"), slow_tier_ratio},
    {ir::metric("cross_node_migration"), cross_node_migration},
    {ir::metric("processes"), processes},
    {ir::metric("spread"), spread},
};

static_assert(std::ranges::count(ir::metrics, ir::MetricKind::derived, &ir::Metric::kind) ==
                  std::ssize(derived),
              "every derived metric has its row here");

}  // namespace

Datum derived_datum(const Facts& facts, const Group& group, Phases phases, ir::MetricId metric) {
  const auto* row = std::ranges::find(derived, metric, &Derived::metric);
  CHECK(row != std::end(derived));
  return row->compute(facts, group, phases);
}

std::optional<topology::CpuSet> stray_cpus(const Facts& facts, const Facts::Worker& worker,
                                           const Facts::Phase& phase) {
  topology::CpuSet out;
  // CPUs of a sample were used since the one before, so each set in force meanwhile, or in the
  // grace before, excuses them.
  const auto judge = [&](const topology::CpuSet& used, Nanos from, Nanos to) {
    const Facts::Allowed allowed = facts.allowed(worker, from - ir::isolation_grace, to);
    if (!allowed.known) return false;
    out = out | (used - allowed.cpus);
    return true;
  };
  Nanos since = worker.homes.front().first;
  for (const Facts::WorkerPoint& point : worker.samples) {
    const Nanos at = point.at;
    if (point.phase == phase.index && !judge(point.worker->cpus, since, at)) return std::nullopt;
    since = at;
  }
  // What no sample caught: a worker that ended, or a phase shorter than the distance of samples.
  if (!judge(worker.slices.at(phase.index)->cpus, phase.begin, phase.end)) return std::nullopt;
  return out;
}

}  // namespace ktstr::claims
