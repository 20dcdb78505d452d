// SPDX-License-Identifier: GPL-2.0-only
// Executor: does what a program says, step by step, over any channel and below any cgroup root. To
// add an op, say in ops.cc what it does.
//
// A step: its cgroups are made and its ops done, then all workers that were added begin at once,
// settle, and the step's phase runs for as long as it holds. Where the ops are the step – it
// repeats them, or has no hold – they are done within the phase, and the workers they add begin
// right away. Whatever the step made ends with it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "guest/crew.h"
#include "guest/payloads.h"
#include "guest/scheduler.h"
#include "guest/veth.h"
#include "ir/case.h"

namespace ktstr::guest {

/// Where a program runs.
struct Place {
  ControlFiles& files;
  std::string cgroup_root;
  topology::CpuSet online;
  std::string sched_ext = sched_ext_directory;
  std::string disk{};  ///< Where a program's disk is, if it has one.
};

class Executor {
 public:
  Executor(Loop& loop, Session& session, const Place& place, Arena& arena, ir::Program program);

  /// Runs the program to its end, or to the first thing that fails, and leaves nothing behind.
  Status run();

 private:
  Status steps();
  Status step(const ir::Step& step);
  Status settle();
  Status hold(const ir::Step& step);
  Status repeat(const ir::Step& step, const ir::Repeat& repeat);
  void open_phase(const ir::Step& step);
  void close_phase();
  Status end_step();
  Status tear_down();

  Status set_up(const std::vector<ir::Cgroup>& cgroups);
  Status set_up(const ir::Cgroup& cgroup);
  Status remove(const std::string& cgroup);
  /// Everybody who waits begins: workers, and the payloads of cgroups.
  Status release();
  using CpusInForce = std::map<std::string, topology::CpuSet>;
  /// The CPUs of these cgroups and of those nested in them.
  Result<CpusInForce> cpus_in_force(const std::vector<std::string>& cgroups);
  /// Tells the CPUs of a cgroup and of those nested in it.
  Status tell_cpusets(const std::string& cgroup);
  /// Does what changes the CPUs of these, and tells of it: meanwhile the old and the new may hold.
  Status change_cpusets(const std::vector<std::string>& cgroups,
                        const std::function<Status()>& change);
  Status do_ops(const std::vector<ir::Op>& ops, std::uint32_t round);
  Status start_sampling();

  /// Fails where an op on a cgroup's workers would find none.
  Status expect_workers(const std::string& cgroup) const;

  /// Specialised for each op in ops.cc, ops_payload.cc and ops_scheduler.cc.
  template <class Op>
  Status perform(const Op& op);

  Loop& loop_;
  Session& session_;
  const ir::Program program_;
  Cgroups cgroups_;
  Crew crew_;
  Payloads payloads_;
  Scheduler scheduler_;
  std::optional<Veth> veth_;                     ///< While the program's work needs it.
  Knobs knobs_;                                  ///< What sysctl and hotplug changed.
  Fd timer_;                                     ///< For samples.
  std::uint32_t step_ = ir::backdrop_step;       ///< The one that runs.
  std::optional<ir::Phase> phase_;               ///< While it is open.
  std::map<std::string, std::uint32_t> owners_;  ///< The step that made a cgroup.
  bool unsettled_ = false;                       ///< Workers began since the last settling.
};

/// The whole conversation: Hello, a program, its execution, Done. Gives what ended the program
/// early, if anything did.
Status converse(Loop& loop, Session& session, const Place& place, const wire::Hello& hello,
                Nanos patience);

}  // namespace ktstr::guest
