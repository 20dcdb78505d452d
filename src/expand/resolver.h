// SPDX-License-Identifier: GPL-2.0-only
// The parts of resolving that need the place of what they resolve: expressions, CPU sets, cgroups.
// Internal to expand; resolve.h is the way in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/diagnostic.h"
#include "expand/evaluate.h"
#include "ir/cgroup.h"
#include "ir/source_map.h"
#include "schema/type.h"

namespace ktstr::expand {

/// Collects diagnostics at paths of a scenario.
class Reporter {
 public:
  Reporter(const ir::SourceMap& map, Diagnostics& diagnostics) : map_(map), out_(diagnostics) {}

  void report(Code code, const std::string& path, std::string message, std::string hint = {}) {
    out_.add({code, map_.find(path), std::move(message), std::move(hint)});
  }
  void report(Code code, const std::string& path, const Error& error) {
    report(code, path, error.what, error.hint);
  }

 private:
  const ir::SourceMap& map_;
  Diagnostics& out_;
};

/// Turns every expression within `value` into a literal, checking whole numbers and ranges.
/// False when any could not be, after reporting.
bool resolve_expressions(schema::Ref value, const std::string& path, const Variables& variables,
                         Reporter& reporter);

/// The CPUs of a spec whose expressions are resolved; reports and gives nullopt when there are
/// none.
std::optional<topology::CpuSet> resolve_cpuset(const ir::CpusetSpec& spec,
                                               const topology::Topology& topology,
                                               const std::string& path, Reporter& reporter);

/// The group's own keys, and the defaults for those it does not have.
ir::WorkGroup with_defaults(const ir::WorkGroup& own, const ir::WorkGroup& defaults);

/// What resolving cgroups depends on, and the CPUs of every cgroup as they stand at that moment of
/// the run.
class CgroupResolver {
 public:
  /// `work` takes the place of that of swappable cgroups, unless it is null.
  CgroupResolver(const topology::Topology& topology, const Variables& variables,
                 ir::Count default_workers, const ir::Work* work, Reporter& reporter)
      : topology_(topology),
        variables_(variables),
        default_workers_(std::move(default_workers)),
        work_(work),
        reporter_(reporter) {}

  /// The cgroup in normal form, once for each repetition.
  std::vector<ir::Cgroup> resolve(const ir::Cgroup& cgroup, const std::string& path);
  /// One group in normal form, in a cgroup by name.
  void resolve(ir::WorkGroup& group, const std::string& cgroup, const std::string& path,
               const Variables& variables);
  void resolve(ir::CpusetSpec& spec, const std::string& path);
  void resolve(ir::Affinity& affinity, const std::string& path);
  void resolve(ir::Policy& policy, const std::string& path);

  /// What the cgroup may use now: its own set, or its nearest ancestor's, or every CPU.
  [[nodiscard]] topology::CpuSet cpus_of(const std::string& cgroup) const;
  /// The same for the NUMA nodes it may take memory from.
  [[nodiscard]] topology::CpuSet nodes_of(const std::string& cgroup) const;
  /// Whether `cpu: {max}` of its own or of an ancestor limits it.
  [[nodiscard]] bool is_capped(const std::string& cgroup) const;
  void set_cpus(const std::string& cgroup, const topology::CpuSet& cpus) { cpus_[cgroup] = cpus; }
  void clear_cpus(const std::string& cgroup) { cpus_.erase(cgroup); }
  /// The cgroup is gone.
  void forget(const std::string& cgroup) {
    cpus_.erase(cgroup);
    nodes_.erase(cgroup);
    capped_.erase(cgroup);
  }

  [[nodiscard]] const topology::Topology& topology() const { return topology_; }
  [[nodiscard]] const Variables& variables() const { return variables_; }
  [[nodiscard]] Reporter& reporter() { return reporter_; }

 private:
  /// One for every CPU that a set can name.
  static constexpr std::int64_t most_repeated = topology::CpuSet::limit;

  std::optional<std::int64_t> repetitions(const ir::ForEach& each, const std::string& path);
  ir::Cgroup resolve_one(ir::Cgroup cgroup, const std::string& path, const Variables& variables);
  void resolve(ir::NodesSpec& nodes, const std::string& path);
  /// Whether the resolved work suits the rest of its group.
  void check_work(const ir::WorkGroup& group, const std::string& path);
  void check(const ir::WorkGroup& group, const std::string& cgroup, const std::string& path);
  void check(const ir::Policy& policy, const std::string& path);
  void check_policies(const ir::WorkGroup& group, const std::string& cgroup,
                      const std::string& path);
  bool node_exists(std::int64_t node, const std::string& path);
  void check(const ir::MemPolicy& policy, const std::string& cgroup, const std::string& path);
  void check(const ir::NumaWorkingSetSweep& sweep, const std::string& cgroup,
             const std::string& path);
  /// Whether the cgroup may take memory from nodes that exist.
  void check_allowed(const topology::CpuSet& nodes, const std::string& cgroup,
                     const std::string& path);
  bool check_nodes(const topology::CpuSet& nodes, const std::string& path);

  const topology::Topology& topology_;
  const Variables& variables_;
  ir::Count default_workers_;
  const ir::Work* work_;
  Reporter& reporter_;
  std::int64_t repeated_ = 0;  ///< Cgroups that for_each has asked for.
  std::map<std::string, topology::CpuSet> cpus_;
  std::map<std::string, topology::CpuSet> nodes_;
  std::set<std::string> capped_;  ///< Cgroups with a limit of their own.
};

}  // namespace ktstr::expand
