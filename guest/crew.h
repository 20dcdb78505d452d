// SPDX-License-Identifier: GPL-2.0-only
// Crew: the live workers of a run. It forks and starts them, stops and reaps them, samples them and
// cuts their measurements into phases, and sends what there is to tell. A worker that has ended is
// reported and forgotten, at whatever moment the loop notices: nobody keeps a reference to one
// across a wait.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>

#include <signal.h>

#include "guest/arena.h"
#include "guest/cgroup.h"
#include "guest/loop.h"
#include "guest/member.h"
#include "guest/session.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

class Crew {
 public:
  struct Worker {
    Member member;
    pid_t pid;               ///< Its process.
    pid_t tid;               ///< Its thread: the process itself, unless that has several workers.
    std::string cgroup;      ///< Where it is now.
    bool killed = false;     ///< By us, because it did not stop.
    std::size_t number = 0;  ///< Its place among those it was started with.
    std::optional<ir::Count> node{};  ///< Of its group: the NUMA node that it stays on.
  };
  using Filter = std::function<bool(const Worker&)>;

  /// What a run's workers have in common.
  struct Plan {
    topology::Topology topology;
    std::uint64_t seed;
    std::string disk;  ///< The machine's; empty without one.
  };
  /// Keeps references to all but the plan.
  Crew(Loop& loop, Session& session, Cgroups& cgroups, Arena& arena, Plan plan);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  /// Starts to notice children that end. SIGCHLD is blocked from here on.
  Status begin();

  /// Told of children of init that end and are no workers.
  void on_other_child(std::function<void(const siginfo_t&)> handler) {
    other_child_ = std::move(handler);
  }

  /// Forks the workers of a group into an existing cgroup; they wait to be released.
  Status add(const std::string& cgroup, std::uint32_t group_index, std::uint32_t step,
             const ir::WorkGroup& group);
  /// The index of the next group in a cgroup, after those that were added to it before.
  [[nodiscard]] std::uint32_t next_group(const std::string& cgroup) const;
  /// Starts all who wait, at once. Gives whether there were any.
  bool release();
  /// Ends those whom the filter names: asks, and kills who has not gone after two seconds.
  void stop(const Filter& filter);

  /// Applies to all workers alive, and to those released until the phase ends.
  void open_phase(std::uint32_t phase);
  void close_phase();
  /// One sample of all who run; `phase` is the one that runs or comes next.
  void sample(std::uint32_t phase);

  /// Reads everything of all who run, because who schedules them may have changed.
  void look_closely();

  Status set_policy(const std::string& cgroup, const ir::Policy& policy);
  Status set_nice(const std::string& cgroup, int nice);
  Status set_affinity(const std::string& cgroup, const ir::Affinity& affinity);
  /// Whether anyone whom the filter names is there.
  [[nodiscard]] bool any(const Filter& filter) const;
  /// Moves every process of one cgroup to another.
  Status move(const std::string& from, const std::string& to);
  /// Freezes or thaws a cgroup; the time does not count for its workers.
  Status set_frozen(const std::string& cgroup, bool frozen);
  /// The cgroup is gone, and with it its being frozen.
  void forget(const std::string& cgroup);

 private:
  /// Where a new worker belongs.
  struct Origin {
    const std::string& cgroup;
    std::uint32_t group_index;
    std::uint32_t step;
  };
  Status start(const Origin& origin, const ir::WorkGroup& group, std::size_t count);
  Status launch_all(const Origin& origin, const ir::WorkGroup& group, std::span<Slab* const> slabs,
                    std::size_t& enlisted);
  Status enlist(const Origin& origin, const ir::WorkGroup& group, pid_t pid,
                std::span<Slab* const> slabs, std::size_t& enlisted);
  Status await_threads(pid_t pid, std::span<Slab* const> slabs);
  Status make_nests(const std::string& cgroup, const ir::Work& work);
  [[nodiscard]] Surroundings surroundings(const std::string& cgroup, std::uint32_t id) const;
  /// `number` is its place among those it was started with.
  Status place(std::uint32_t id, const ir::WorkGroup& group, std::size_t number);
  Result<topology::CpuSet> pool_of(const Worker& worker) const;
  Status bind(Worker& worker, const ir::Affinity& affinity, const topology::CpuSet& pool);
  static void note(Worker& worker, const Status& done);
  void update_frozen(Nanos now);
  void update_nodes();
  void reap();
  void finish(std::uint32_t id, const siginfo_t& info);
  void report(const ir::WorkerReport& report);
  [[nodiscard]] Worker* find(std::uint32_t id);

  Loop& loop_;
  Session& session_;
  Cgroups& cgroups_;
  Arena& arena_;
  const Plan plan_;
  std::mt19937_64 random_;
  Fd children_;  ///< A signalfd.
  std::function<void(const siginfo_t&)> other_child_ = [](const siginfo_t&) {};
  std::map<std::uint32_t, std::unique_ptr<Worker>> workers_;
  std::set<std::string> frozen_;
  std::map<std::string, std::uint32_t> next_groups_;
  std::optional<std::uint32_t> phase_;
  std::uint32_t next_id_ = 0;
  std::uint64_t samples_ = 0;
  std::uint32_t batch_;  ///< What opens the barrier for those who wait now.
};

}  // namespace ktstr::guest
