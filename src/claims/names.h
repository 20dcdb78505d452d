// SPDX-License-Identifier: GPL-2.0-only
// The names that claims know besides a scenario's own: built-in subjects, the topology's variables
// and what the machine itself measures. One row each.
#pragma once

#include <string_view>

#include "ir/telemetry.h"
#include "topology/topology.h"

namespace ktstr::claims {

struct Subject {
  std::string_view name;
  std::string_view doc;
  bool built = true;  ///< Else of a later feature: E016.
};

inline constexpr Subject subjects[] = {
    {"cgroup", "A cgroup by name or glob: cgroup[a/b].max_gap, cgroup[cg_*].cpu_time."},
    {"total", "All workers of the run as one: total.cpu_time."},
    {"machine", "The machine: machine.run_delay, and the topology's variables."},
    {"monitor", "What observation of the running kernel gives.", false},
    {"scheduler",
     "The schedulers of the run: scheduler.attached_for, scheduler.events.NAME (the kernel's "
     "counters), scheduler.stats.FIELD (their own), scheduler.name (the kernel's name for the one "
     "that was in charge last)."},
    {"kernel", "The kernel: kernel.release, its version as `uname -r` gives it."},
    {"payload",
     "A payload's runs, by its name or a glob: payload[fio].exit_code, .signal and .wall_time, and "
     "the numbers of its output, payload[fio][jobs.0.read.iops]. Each run is an element; @step "
     "takes those that the step started."},
    {"map", "A BPF map of the scheduler.", false},
};

struct Variable {
  std::string_view name;
  std::string_view doc;
  double (*value)(const topology::Topology&);
};

inline constexpr Variable variables[] = {
    {"cpus", "CPUs of the machine.", [](const auto& t) -> double { return t.cpu_count(); }},
    {"usable_cpus",
     "CPUs that cgroups share out: one is left to the harness where there are more than two.",
     [](const auto& t) -> double { return t.usable_cpus().count(); }},
    {"nodes", "NUMA nodes.",
     [](const auto& t) -> double { return static_cast<double>(t.nodes.size()); }},
    {"cpu_nodes", "NUMA nodes with CPUs.",
     [](const auto& t) -> double { return t.cpu_node_count(); }},
    {"llcs", "Last-level caches.", [](const auto& t) -> double { return t.llc_count(); }},
    {"cores", "Cores.", [](const auto& t) -> double { return t.core_count(); }},
    {"cpus_per_llc", "CPUs that share a last-level cache.",
     [](const auto& t) -> double { return t.cpus_per_llc(); }},
    {"cores_per_llc", "Cores that share a last-level cache.",
     [](const auto& t) -> double { return t.cores; }},
    {"threads_per_core", "Hardware threads of a core.",
     [](const auto& t) -> double { return t.threads; }},
};

/// What `machine.` offers besides the variables.
struct MachineMetric {
  std::string_view name;
  std::string_view doc;
  ir::Dimension dimension;
  double (*value)(const ir::Telemetry&);
};

inline constexpr MachineMetric machine_metrics[] = {
    {"on_cpu", "Time the vCPU threads ran on the host.", ir::Dimension::time,
     [](const auto& t) { return static_cast<double>(t.noise.on_cpu.count()); }},
    {"run_delay", "Time the vCPU threads waited for a host CPU.", ir::Dimension::time,
     [](const auto& t) { return static_cast<double>(t.noise.run_delay.count()); }},
    {"samples_lost", "Samples the guest had to drop.", ir::Dimension::none,
     [](const auto& t) { return static_cast<double>(t.samples_lost); }},
};

/// What `payload[NAME].` offers besides the numbers of its output.
struct PayloadFact {
  std::string_view name;
  std::string_view doc;
  ir::Dimension dimension;
  ir::MetricClass metric_class;
};

inline constexpr PayloadFact payload_facts[] = {
    {"exit_code", "What it exited with.", ir::Dimension::none, ir::MetricClass::fact},
    {"signal", "The signal that ended it; 0 for none.", ir::Dimension::none, ir::MetricClass::fact},
    {"wall_time", "From its start to its end.", ir::Dimension::time, ir::MetricClass::wall},
};

/// The row of that name in one of the tables above, or null.
template <class Row, std::size_t Count>
constexpr const Row* find_row(const Row (&rows)[Count], std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

/// Names that neither a cgroup nor a var may take.
constexpr bool is_reserved(std::string_view name) {
  return find_row(subjects, name) || find_row(variables, name);
}

}  // namespace ktstr::claims
