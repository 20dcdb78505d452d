// SPDX-License-Identifier: GPL-2.0-only
// Telemetry: what a run gave, as raw as it travelled: phases, samples, the workers' reports, the
// events and the logs. Times are the guest's CLOCK_MONOTONIC. Claims read it; nothing else judges.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/metric.h"
#include "ir/payload_run.h"
#include "ir/scheduler_state.h"
#include "schema/scalars.h"
#include "topology/topology.h"

namespace ktstr::ir {

/// A sparse copy of a bpf/histogram.h histogram: only buckets that hold something.
struct Histogram {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t minimum = 0;
  std::uint64_t maximum = 0;
  std::vector<std::uint32_t> buckets;  ///< Ascending indices.
  std::vector<std::uint64_t> counts;   ///< As long as `buckets`.

  bool operator==(const Histogram&) const = default;
  static constexpr auto schema = schema::record(
      "histogram", "A log-linear histogram.", schema::Field{"count", &Histogram::count, "Values."},
      schema::Field{"sum", &Histogram::sum, "Their sum."},
      schema::Field{"minimum", &Histogram::minimum, "The smallest."},
      schema::Field{"maximum", &Histogram::maximum, "The largest."},
      schema::Field{"buckets", &Histogram::buckets, "Indices of buckets in use."},
      schema::Field{"counts", &Histogram::counts, "Values in each of them."});
};

/// A metric's value by its row in `metrics`.
struct MetricValue {
  std::uint16_t metric = 0;
  std::int64_t value = 0;

  bool operator==(const MetricValue&) const = default;
  static constexpr auto schema = schema::record(
      "metric_value", "A value.", schema::Field{"metric", &MetricValue::metric, "Row."},
      schema::Field{"value", &MetricValue::value, "In the metric's unit."});
};

struct MetricHistogram {
  std::uint16_t metric = 0;
  Histogram histogram;

  bool operator==(const MetricHistogram&) const = default;
  static constexpr auto schema =
      schema::record("metric_histogram", "A distribution.",
                     schema::Field{"metric", &MetricHistogram::metric, "Row."},
                     schema::Field{"histogram", &MetricHistogram::histogram, "Its values."});
};

inline constexpr std::uint32_t backdrop_step = 0xFFFFFFFF;

struct WorkerInfo {
  std::uint32_t id = 0;
  std::string cgroup;       ///< Where it was started; moves are events.
  std::uint32_t group = 0;  ///< The work group within the cgroup.
  std::uint32_t step = 0;   ///< The step that started it, or `backdrop_step`.
  std::int32_t pid = 0;
  std::int32_t tid = 0;  ///< Another than `pid` in a worker that is a thread of one.
  std::string work;
  Nanos started{0};

  bool operator==(const WorkerInfo&) const = default;
  static constexpr auto schema = schema::record(
      "worker_info", "A worker.", schema::Field{"id", &WorkerInfo::id, "Its number."},
      schema::Field{"cgroup", &WorkerInfo::cgroup, "Its cgroup."},
      schema::Field{"group", &WorkerInfo::group, "Its work group."},
      schema::Field{"step", &WorkerInfo::step, "The step that started it."},
      schema::Field{"pid", &WorkerInfo::pid, "Its process."},
      schema::Field{"tid", &WorkerInfo::tid, "Its thread."},
      schema::Field{"work", &WorkerInfo::work, "Its work type."},
      schema::Field{"started", &WorkerInfo::started, "When its work began."});
};

enum class WorkerEnd { running, stopped, exited, signalled, killed };

/// A worker's values within one phase: counters as increases, maxima as the largest within it.
struct Slice {
  std::uint32_t worker = 0;
  std::uint32_t phase = 0;
  Nanos lived{0};  ///< How long it was to run in this phase: without frozen and stopped time.
  std::vector<MetricValue> values;
  topology::CpuSet cpus;
  std::vector<MetricHistogram> histograms;

  bool operator==(const Slice&) const = default;
  static constexpr auto schema = schema::record(
      "slice", "A worker within one phase.", schema::Field{"worker", &Slice::worker, "Which."},
      schema::Field{"phase", &Slice::phase, "Which phase."},
      schema::Field{"lived", &Slice::lived, "How long it was to run."},
      schema::Field{"values", &Slice::values, "Counters and maxima."},
      schema::Field{"cpus", &Slice::cpus, "CPUs used."},
      schema::Field{"histograms", &Slice::histograms, "Distributions."});
};

/// A worker's whole life. On the wire a long one comes in parts: the same worker again, with the
/// slices that follow.
struct WorkerReport {
  WorkerInfo info;
  WorkerEnd end = WorkerEnd::running;
  std::int32_t status = 0;  ///< Exit code or signal.
  Nanos ended{0};
  std::vector<Slice> slices;  ///< One per phase it lived through, ascending.
  std::string error;          ///< What it could not do, such as set its affinity; empty if nothing.

  bool operator==(const WorkerReport&) const = default;
  static constexpr auto schema = schema::record(
      "worker_report", "A worker's whole life.", schema::Field{"info", &WorkerReport::info, "Who."},
      schema::Field{"end", &WorkerReport::end, "How it ended."},
      schema::Field{"status", &WorkerReport::status, "Exit code or signal."},
      schema::Field{"ended", &WorkerReport::ended, "When."},
      schema::Field{"slices", &WorkerReport::slices, "Its phases."},
      schema::Field{"error", &WorkerReport::error, "What it could not do."});
};

/// Every step is a phase; the time before the first step is phase `settling`.
struct Phase {
  std::uint32_t index = 0;
  std::string name;  ///< The step's.
  Nanos begin{0};    ///< When its measurement starts: after its ops, start of workers and settling.
  Nanos end{0};      ///< 0 while it runs.
  std::uint32_t rounds = 0;    ///< Of a repeated hold.
  std::uint32_t overruns = 0;  ///< Rounds that took longer than `every`.

  bool operator==(const Phase&) const = default;
  static constexpr auto schema = schema::record(
      "phase", "A step as it happened.", schema::Field{"index", &Phase::index, "Its number."},
      schema::Field{"name", &Phase::name, "The step's name."},
      schema::Field{"begin", &Phase::begin, "When measurement began."},
      schema::Field{"end", &Phase::end, "When it ended."},
      schema::Field{"rounds", &Phase::rounds, "Rounds of a repeated hold."},
      schema::Field{"overruns", &Phase::overruns, "Rounds that took too long."});
};

/// A worker at one moment: counters since its start, CPUs since the last sample.
struct WorkerSample {
  std::uint32_t worker = 0;
  std::vector<MetricValue> values;
  topology::CpuSet cpus;

  bool operator==(const WorkerSample&) const = default;
  static constexpr auto schema = schema::record(
      "worker_sample", "A worker at one moment.",
      schema::Field{"worker", &WorkerSample::worker, "Which."},
      schema::Field{"values", &WorkerSample::values, "Counters since its start."},
      schema::Field{"cpus", &WorkerSample::cpus, "CPUs used since the last sample."});
};

struct Sample {
  Nanos at{0};
  std::uint32_t phase = 0;
  std::vector<WorkerSample> workers;

  bool operator==(const Sample&) const = default;
  static constexpr auto schema = schema::record(
      "sample", "All workers at one moment.", schema::Field{"at", &Sample::at, "When."},
      schema::Field{"phase", &Sample::phase, "During which phase."},
      schema::Field{"workers", &Sample::workers, "Each live worker."});
};

/// An op that was done, or failed.
struct OpDone {
  std::uint32_t step = 0;  ///< Or `backdrop_step`.
  std::uint32_t op = 0;
  std::uint32_t round = 0;
  std::string name;
  Nanos at{0};
  Nanos took{0};
  std::string error;  ///< Empty when it was done.

  bool operator==(const OpDone&) const = default;
  static constexpr auto schema = schema::record(
      "op_done", "An op as it happened.", schema::Field{"step", &OpDone::step, "Its step."},
      schema::Field{"op", &OpDone::op, "Its place in the step."},
      schema::Field{"round", &OpDone::round, "Of a repeated hold."},
      schema::Field{"name", &OpDone::name, "The op's word."},
      schema::Field{"at", &OpDone::at, "When it began."},
      schema::Field{"took", &OpDone::took, "How long it took."},
      schema::Field{"error", &OpDone::error, "Why it failed."});
};

/// The CPUs a cgroup was allowed from a moment on.
struct CpusetInForce {
  std::string cgroup;
  Nanos at{0};
  topology::CpuSet cpus;

  bool operator==(const CpusetInForce&) const = default;
  static constexpr auto schema = schema::record(
      "cpuset_in_force", "A cgroup's CPUs.",
      schema::Field{"cgroup", &CpusetInForce::cgroup, "Whose."},
      schema::Field{"at", &CpusetInForce::at, "From when."},
      schema::Field{"cpus", &CpusetInForce::cpus, "Its effective CPUs (cpuset.cpus.effective)."});
};

/// A worker's cgroup from a moment on (move_tasks).
struct Move {
  std::uint32_t worker = 0;
  std::string cgroup;
  Nanos at{0};

  bool operator==(const Move&) const = default;
  static constexpr auto schema = schema::record(
      "move", "A worker changed its cgroup.", schema::Field{"worker", &Move::worker, "Which."},
      schema::Field{"cgroup", &Move::cgroup, "Where to."}, schema::Field{"at", &Move::at, "When."});
};

/// The guest's CLOCK_MONOTONIC as seen from the host's.
struct ClockOffset {
  Nanos offset{0};  ///< The guest's clock minus the host's.
  Nanos error{0};   ///< Half the round trip.

  bool operator==(const ClockOffset&) const = default;
  [[nodiscard]] Nanos to_host(Nanos guest) const { return guest - offset; }
  [[nodiscard]] Nanos to_guest(Nanos host) const { return host + offset; }
  static constexpr auto schema = schema::record(
      "clock_offset", "Where the guest's clock stands.",
      schema::Field{"offset", &ClockOffset::offset, "The guest's clock minus the host's."},
      schema::Field{"error", &ClockOffset::error, "How far off that may be."});
};

/// How much the host kept the vCPUs from running while the steps ran (schedstat of their threads).
struct HostNoise {
  Nanos on_cpu{0};
  Nanos run_delay{0};
  /// Host-side record: {window start, largest run delay any vCPU thread gathered in the second}.
  std::vector<Nanos> worst_per_second;
  std::uint32_t spawned = 0;  ///< Processes by which the scenario itself loaded the host.

  bool operator==(const HostNoise&) const = default;
  static constexpr auto schema = schema::record(
      "host_noise", "What the host did to the vCPUs.",
      schema::Field{"on_cpu", &HostNoise::on_cpu, "Their time on CPU."},
      schema::Field{"run_delay", &HostNoise::run_delay, "Their time waiting for one."},
      schema::Field{"worst_per_second", &HostNoise::worst_per_second,
                    "The largest delay of any vCPU in each second."},
      schema::Field{"spawned", &HostNoise::spawned, "Processes by which the scenario made some."});
};

struct Telemetry {
  std::vector<Phase> phases;
  std::vector<WorkerReport> workers;
  std::vector<Sample> samples;
  std::vector<OpDone> ops;
  std::vector<CpusetInForce> cpusets;
  std::vector<Move> moves;
  std::vector<SchedulerState> schedulers;
  std::vector<SchedulerLine> scheduler_log;
  std::vector<SchedulerSample> scheduler_samples;
  std::vector<PayloadRun> payloads;
  std::string kernel;                   ///< Its release, as `uname -r` gives it.
  std::vector<std::string> kernel_log;  ///< /dev/kmsg lines, `[   1.234567] text`.
  std::uint64_t samples_lost = 0;       ///< Dropped by a guest that could not send them.
  HostNoise noise;

  bool operator==(const Telemetry&) const = default;
  static constexpr auto schema = schema::record(
      "telemetry", "What a run gave.", schema::Field{"phases", &Telemetry::phases, "The steps."},
      schema::Field{"workers", &Telemetry::workers, "The workers' reports."},
      schema::Field{"samples", &Telemetry::samples, "The samples."},
      schema::Field{"ops", &Telemetry::ops, "The ops."},
      schema::Field{"cpusets", &Telemetry::cpusets, "The CPUs of cgroups."},
      schema::Field{"moves", &Telemetry::moves, "Workers that changed cgroups."},
      schema::Field{"schedulers", &Telemetry::schedulers, "Schedulers that came and went."},
      schema::Field{"scheduler_log", &Telemetry::scheduler_log, "What they said."},
      schema::Field{"scheduler_samples", &Telemetry::scheduler_samples, "Their counters."},
      schema::Field{"payloads", &Telemetry::payloads, "Payloads as they ran."},
      schema::Field{"kernel", &Telemetry::kernel, "On which kernel."},
      schema::Field{"kernel_log", &Telemetry::kernel_log, "What the kernel said."},
      schema::Field{"samples_lost", &Telemetry::samples_lost, "Samples the guest had to drop."},
      schema::Field{"noise", &Telemetry::noise, "What the host did to the vCPUs."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::WorkerEnd> =
    std::array{ktstr::schema::Word{"running", "It has not ended."},
               ktstr::schema::Word{"stopped", "It was asked to stop and did."},
               ktstr::schema::Word{"exited", "It exited by itself."},
               ktstr::schema::Word{"signalled", "A signal that was not ours ended it."},
               ktstr::schema::Word{"killed", "It did not stop in time and was killed."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::WorkerEnd>{
    "worker_end", "How a worker ended."};
