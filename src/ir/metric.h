// SPDX-License-Identifier: GPL-2.0-only
// Every metric of a worker, once: what it is, how it is judged and who measures it. A row is all
// that the claims' type checker, `list metrics`, `explain` and the telemetry's layout need; the
// code that measures it names the row with `metric("name")`, which does not compile for a name not
// here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/describe.h"

namespace ktstr::ir {

/// How a value is carried.
enum class MetricKind {
  counter,       ///< Grows; a step's value is a difference.
  level,         ///< What there is; a step's value is that at its end.
  maximum,       ///< The largest seen; a step's value is the largest within it.
  cpus,          ///< A set of CPUs.
  distribution,  ///< A histogram; a step's is a difference.
  derived,       ///< Computed on the host from others (src/claims/derived.cc).
};

enum class Dimension { none, time, bytes, rate };

/// DESIGN.md §7: what emulation and contention may do to it.
enum class MetricClass {
  fact,      ///< Counts, states, CPU sets: always judges.
  cpu_time,  ///< Shares, weights, quotas: always judges.
  work,      ///< Iterations, throughput: a failed claim may be the machine's fault.
  wall,      ///< Gaps, latencies: widened by the host's run delay.
};

/// How workers become a cgroup.
enum class Aggregate { sum, maximum, unite, merge, derived };

enum class Better { higher, lower, neither };

/// Whose metric it is: the subject it may follow.
enum class MetricScope { worker, cgroup };

struct Metric {
  std::string_view name;
  MetricScope scope;  ///< worker: of a worker and, aggregated, of its cgroup.
  MetricKind kind;
  Dimension dimension;
  MetricClass metric_class;
  Aggregate aggregate;
  Better better;
  std::string_view supplier;  ///< Who measures it, and by which means.
  std::string_view doc;
};

// clang-format off
inline constexpr Metric metrics[] = {
    {.name = "iterations", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::work, .aggregate = Aggregate::sum, .better = Better::higher, .supplier = "every work type", .doc = "Times round the work type's loop."},
    {.name = "work_units", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::work, .aggregate = Aggregate::sum, .better = Better::higher, .supplier = "every work type", .doc = "Units of work done; how many an iteration makes depends on the work type."},
    {.name = "cpu_time", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::time, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from the worker's CPU clock", .doc = "Time on CPU."},
    {.name = "wall_time", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::time, .metric_class = MetricClass::fact, .aggregate = Aggregate::maximum, .better = Better::neither, .supplier = "init, from CLOCK_MONOTONIC", .doc = "Time during which the worker was to run; frozen and stopped time does not count."},
    {.name = "run_delay", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "init, from /proc/PID/schedstat", .doc = "Time spent runnable but waiting on a runqueue."},
    {.name = "run_count", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from /proc/PID/schedstat", .doc = "Times the worker was put on a CPU."},
    {.name = "ext_time", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::time, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from the worker's CPU clock while ext.enabled of /proc/PID/sched is 1, looked at each second and whenever a scheduler or policy changes", .doc = "Time on CPU as a task of sched_ext: the part of cpu_time that the BPF scheduler gave."},
    {.name = "voluntary_switches", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from /proc/PID/status, in every tenth sample", .doc = "Times the worker gave up its CPU by blocking."},
    {.name = "involuntary_switches", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "init, from /proc/PID/status, in every tenth sample", .doc = "Times the worker was preempted or yielded."},
    {.name = "page_faults", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from /proc/PID/stat, in every tenth sample", .doc = "Pages that the worker touched and the kernel had to supply, from memory or from storage."},
    {.name = "migrations", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "every work type, at its checkpoints", .doc = "Times the worker found itself on another CPU than at its last checkpoint."},
    {.name = "missed_periods", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::wall, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "timer_latency", .doc = "Periods that a worker slept through, because it woke a whole interval or more too late."},
    {.name = "signals", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::work, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "signal_storm", .doc = "Signals of its partner that a worker handled; those that came while one was pending are one."},
    {.name = "max_gap", .scope = MetricScope::worker, .kind = MetricKind::maximum, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::maximum, .better = Better::lower, .supplier = "every work type, at its checkpoints", .doc = "The longest time between two checkpoints, time the worker slept on purpose and frozen time left out."},
    {.name = "cpus_used", .scope = MetricScope::worker, .kind = MetricKind::cpus, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::unite, .better = Better::neither, .supplier = "every work type, at its checkpoints", .doc = "The CPUs the worker found itself on."},
    {.name = "wake_latency", .scope = MetricScope::worker, .kind = MetricKind::distribution, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::merge, .better = Better::lower, .supplier = "all types that sleep or wait for another, where their own description does not name another metric", .doc = "From the event a worker waits for to its running again: the overshoot of a sleep, or from the partner's wake to the return from the wait."},
    {.name = "timer_latency", .scope = MetricScope::worker, .kind = MetricKind::distribution, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::merge, .better = Better::lower, .supplier = "timer_latency", .doc = "From the moment a timer was to fire to its worker running again."},
    {.name = "hop_latency", .scope = MetricScope::worker, .kind = MetricKind::distribution, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::merge, .better = Better::lower, .supplier = "wake_chain", .doc = "From a worker's passing on the token to the next one's running with it; their number is the number of hops."},
    {.name = "request_latency", .scope = MetricScope::worker, .kind = MetricKind::distribution, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::merge, .better = Better::lower, .supplier = "fan_out_compute, producer_consumer_imbalance, schbench, taobench, work on storage, program's io", .doc = "From a request being made to its having been served; their number is that of the requests served."},
    {.name = "lock_wait", .scope = MetricScope::worker, .kind = MetricKind::distribution, .dimension = Dimension::time, .metric_class = MetricClass::wall, .aggregate = Aggregate::merge, .better = Better::lower, .supplier = "mutex_contention, priority_inversion, producer_consumer_imbalance", .doc = "From asking for a lock that another held to holding it; their number is that of the contended acquisitions."},
    {.name = "pages", .scope = MetricScope::worker, .kind = MetricKind::level, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "init, from /proc/PID/numa_maps, in every tenth sample", .doc = "Pages of memory of its own that the worker has touched since it started."},
    {.name = "local_pages", .scope = MetricScope::worker, .kind = MetricKind::level, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::higher, .supplier = "init, from /proc/PID/numa_maps, in every tenth sample", .doc = "Those on the NUMA nodes of the CPUs that its cgroup may use."},
    {.name = "slow_pages", .scope = MetricScope::worker, .kind = MetricKind::level, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "init, from /proc/PID/numa_maps, in every tenth sample", .doc = "Those on NUMA nodes without CPUs, the slow tier."},
    {.name = "pages_migrated", .scope = MetricScope::worker, .kind = MetricKind::counter, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::sum, .better = Better::lower, .supplier = "init, from numa_pages_migrated in /proc/PID/sched, in every tenth sample", .doc = "Pages that NUMA balancing moved to the worker's node."},
    {.name = "off_cpu", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::time, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::sum, .better = Better::neither, .supplier = "wall_time - cpu_time", .doc = "Time not on CPU, whether by choice or not."},
    {.name = "off_cpu_pct", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::derived, .better = Better::neither, .supplier = "off_cpu / wall_time", .doc = "The share of its time that the worker was not on CPU."},
    {.name = "ext", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::derived, .better = Better::neither, .supplier = "ext_time / cpu_time", .doc = "The share of its CPU time that the worker had as a task of sched_ext."},
    {.name = "stray_cpus", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::unite, .better = Better::neither, .supplier = "samples of cpus_used against the cpuset in force", .doc = "CPUs the worker ran on although its cgroup's cpuset did not allow them then; the 100 ms after a change do not count."},
    {.name = "page_locality", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::derived, .better = Better::higher, .supplier = "local_pages / pages", .doc = "The share of its pages that are on the nodes of its cgroup's CPUs."},
    {.name = "slow_tier_ratio", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::derived, .better = Better::lower, .supplier = "slow_pages / pages", .doc = "The share of its pages that are on nodes without CPUs."},
    {.name = "cross_node_migration", .scope = MetricScope::worker, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::derived, .better = Better::lower, .supplier = "pages_migrated / pages", .doc = "How many of its pages NUMA balancing moved, as a share of all."},
    {.name = "processes", .scope = MetricScope::cgroup, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::fact, .aggregate = Aggregate::derived, .better = Better::neither, .supplier = "the processes of the workers", .doc = "How many processes the workers of a cgroup are: one each, or fewer where they are threads."},
    {.name = "spread", .scope = MetricScope::cgroup, .kind = MetricKind::derived, .dimension = Dimension::none, .metric_class = MetricClass::cpu_time, .aggregate = Aggregate::derived, .better = Better::lower, .supplier = "max(off_cpu_pct) - min(off_cpu_pct) over workers", .doc = "How unequally the workers of a cgroup were served."},
};
// clang-format on

inline constexpr std::size_t metric_count = std::size(metrics);

/// A row's index. Counters, maxima and so on keep their row's index everywhere.
struct MetricId {
  std::uint16_t row = 0;

  constexpr bool operator==(const MetricId&) const = default;
  [[nodiscard]] constexpr const Metric& operator*() const { return metrics[row]; }
  [[nodiscard]] constexpr const Metric* operator->() const { return &metrics[row]; }
};

constexpr std::optional<MetricId> find_metric(std::string_view name) {
  for (std::uint16_t row = 0; row < metric_count; ++row)
    if (metrics[row].name == name) return MetricId{row};
  return std::nullopt;
}

consteval MetricId metric(std::string_view name) {
  return find_metric(name).value();
}

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Better> =
    std::array{ktstr::schema::Word{"higher", "The more the better."},
               ktstr::schema::Word{"lower", "The less the better."},
               ktstr::schema::Word{"neither", "It only tells."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Better>{
    "better", "Which way a number is better."};
