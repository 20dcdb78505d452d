// SPDX-License-Identifier: GPL-2.0-only
// Cgroups: the cgroups of a run, below one directory of a cgroup v2 hierarchy
// (Documentation/admin-guide/cgroup-v2.rst). Names are the scenario's, `a/b` nesting b in a. An
// error says which file and, in one line, the state that the kernel's errno leaves open.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "guest/control_files.h"
#include "ir/cgroup.h"
#include "topology/cpuset.h"

namespace ktstr::guest {

class Cgroups {
 public:
  /// `root` exists and is ours: whatever is created is below it, in the cgroup `base`, unless that
  /// is empty. `online` are the CPUs of a hierarchy without the cpuset controller.
  Cgroups(ControlFiles& files, std::string root, std::string base, topology::CpuSet online);

  /// Creates the cgroup, and those it is nested in where they do not exist.
  Status create(const std::string& name);
  /// Kills what is left in it itself, where the kernel can do that (since 5.14).
  void kill(const std::string& name);
  /// Moves what is left in it to the root and removes it and all nested in it.
  Status remove(const std::string& name);
  /// Everything that was created, deepest first; goes on after a failure and gives the first.
  Status remove_all();
  /// All limits that the scenario gives it (cgroup_limits.cc).
  Status limit(const ir::Cgroup& cgroup);

  /// The cgroup's directory.
  [[nodiscard]] std::string path(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  /// Fails with the names there are unless the cgroup exists.
  [[nodiscard]] Status expect(const std::string& name) const;
  /// In the order of creation.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// The cgroup and those nested in it, deepest first.
  [[nodiscard]] std::vector<std::string> tree(const std::string& name) const;

  Status set_cpus(const std::string& name, const topology::CpuSet& cpus);
  Status clear_cpus(const std::string& name);
  /// cpuset.cpus as it was written; empty when it was not.
  Result<topology::CpuSet> own_cpus(const std::string& name) const;
  /// The CPUs its tasks may use (cpuset.cpus.effective of it or the nearest that has the file).
  Result<topology::CpuSet> effective_cpus(const std::string& name) const;
  Status set_nodes(const std::string& name, const topology::CpuSet& nodes);
  // What is not given stays (cgroup_limits.cc).
  Status set_cpu(const std::string& name, const ir::CpuLimits& limits);
  Status set_memory(const std::string& name, const ir::MemoryLimits& limits);
  Status set_io(const std::string& name, const ir::IoLimits& limits);
  Status set_pids(const std::string& name, const ir::PidsLimits& limits);

  /// A process that is already gone is no failure.
  Status add(const std::string& name, pid_t pid);
  Result<std::vector<pid_t>> processes(const std::string& name) const;
  /// Freezes or thaws and waits until the kernel says it is so.
  Status freeze(const std::string& name, bool frozen);
  /// How often the kernel killed for lack of memory in it; 0 where it does not say.
  [[nodiscard]] std::uint64_t oom_kills(const std::string& name) const;

 private:
  [[nodiscard]] std::string parent_path(const std::string& name) const;
  Status write(const std::string& name, const std::string& file, const std::string& text);
  Status enable(const std::string& name, const std::string& controller);
  Status remove_one(const std::string& name);
  Status make_base();
  Status remove_base();
  [[nodiscard]] std::string state(const std::string& name) const;

  ControlFiles& files_;
  std::string root_;
  std::string base_;               ///< `a/b/`, or empty.
  std::vector<std::string> made_;  ///< Of the base, the directories that were not there before.
  topology::CpuSet online_;
  std::vector<std::string> names_;  ///< In order of creation.
};

}  // namespace ktstr::guest
