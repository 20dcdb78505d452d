// SPDX-License-Identifier: GPL-2.0-only
// Facts: telemetry arranged for questions. Which worker belonged to which cgroup in which phase,
// what it did there, and which CPUs a cgroup was allowed when. What the guest sent inconsistently
// (unknown phases, workers, metrics) is left out, and its times are bounded.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "claims/payload_numbers.h"
#include "ir/case.h"
#include "ir/telemetry.h"

namespace ktstr::claims {

class Facts {
 public:
  /// A phase that was measured, with its end known.
  struct Phase {
    std::uint32_t index = 0;  ///< As slices and samples name it.
    std::string name;
    Nanos begin{0};
    Nanos end{0};
    std::uint64_t samples = 0;  ///< Taken during it.
  };
  struct WorkerPoint {
    Nanos at;
    std::uint32_t phase;
    const ir::WorkerSample* worker;
  };
  struct Worker {
    const ir::WorkerReport* report;
    std::map<std::uint32_t, const ir::Slice*> slices;  ///< By phase index; measured ones only.
    std::vector<WorkerPoint> samples;                  ///< Ascending in time.
    std::vector<std::pair<Nanos, std::string>> homes;  ///< Its cgroups, each from a moment on.
  };
  /// One run of a payload, and the numbers of its output.
  struct Payload {
    const ir::PayloadRun* run;
    const ir::Payload* definition;
    PayloadNumbers output;
  };
  /// `known` is false where no cpuset of the cgroup was told.
  struct Allowed {
    bool known = false;
    topology::CpuSet cpus;
  };

  /// Both outlive the Facts. The time before the first step (`settling`) is not measured.
  Facts(const ir::Case& judged, const ir::Telemetry& telemetry);

  [[nodiscard]] const ir::Case& judged() const { return *case_; }
  [[nodiscard]] const ir::Telemetry& telemetry() const { return *telemetry_; }
  [[nodiscard]] std::span<const Phase> phases() const { return phases_; }
  [[nodiscard]] std::span<const Worker> workers() const { return workers_; }
  /// In the order of their starts.
  [[nodiscard]] std::span<const Payload> payloads() const { return payloads_; }
  /// Every cgroup that a worker or cpuset was in, ascending.
  [[nodiscard]] const std::vector<std::string>& cgroups() const { return cgroups_; }
  /// The workers of a cgroup (of all, if empty) with a slice in the phase. A worker belongs to the
  /// cgroup in which it was when the phase's measurement began, or in which it was started later.
  [[nodiscard]] const std::vector<std::size_t>& members(const std::string& cgroup,
                                                        std::uint32_t phase) const;
  [[nodiscard]] bool is_member(const Worker& worker, const std::string& cgroup,
                               const Phase& phase) const;
  /// The cgroup of a worker at a moment.
  [[nodiscard]] const std::string& home(const Worker& worker, Nanos at) const;
  /// Every CPU that the cgroup was allowed at some moment of from … to.
  [[nodiscard]] Allowed allowed(const std::string& cgroup, Nanos from, Nanos to) const;
  /// The same for a worker, through all cgroups it was in.
  [[nodiscard]] Allowed allowed(const Worker& worker, Nanos from, Nanos to) const;

 private:
  void add_phases();
  void add_workers();
  void add_payloads();

  const ir::Case* case_;
  const ir::Telemetry* telemetry_;
  std::vector<Phase> phases_;
  std::vector<Worker> workers_;
  std::vector<Payload> payloads_;
  std::vector<std::string> cgroups_;
  struct CpusetChange {
    Nanos at;
    const topology::CpuSet* cpus;
  };
  std::map<std::string, std::vector<CpusetChange>> cpusets_;  // Ascending in time.
  std::map<std::pair<std::string, std::uint32_t>, std::vector<std::size_t>> members_;
};

/// A slice's value, or nullopt where the metric was not measured.
std::optional<std::int64_t> value_in(const ir::Slice& slice, ir::MetricId metric);
std::optional<std::int64_t> value_in(const ir::WorkerSample& sample, ir::MetricId metric);

}  // namespace ktstr::claims
