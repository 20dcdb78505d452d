// SPDX-License-Identifier: GPL-2.0-only
// How workers come into a crew: they are forked, made known, put into their cgroup, and bound as
// their group says.
#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/affinity.h"
#include "guest/crew.h"
#include "guest/launch.h"
#include "guest/policy.h"

namespace ktstr::guest {
namespace {

Status bind_task(pid_t tid, const topology::CpuSet& cpus) {
  cpu_set_t* mask = CPU_ALLOC(topology::CpuSet::limit);
  const std::size_t size = CPU_ALLOC_SIZE(topology::CpuSet::limit);
  CPU_ZERO_S(size, mask);
  for (const std::uint32_t cpu : cpus.members()) CPU_SET_S(cpu, size, mask);
  const int failed = ::sched_setaffinity(tid, size, mask);
  const int code = errno;
  CPU_FREE(mask);
  if (failed != 0) return fail_code(code, "set the affinity to {" + to_text(cpus) + "}");
  return {};
}

Result<std::vector<std::pair<Fd, Fd>>> make_pipes(std::size_t count) {
  std::vector<std::pair<Fd, Fd>> out;
  for (std::size_t i = 0; i < count; ++i) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for a pair of workers");
    out.emplace_back(Fd(ends[0]), Fd(ends[1]));
  }
  return out;
}

topology::CpuSet slow_nodes(const topology::Topology& topology) {
  topology::CpuSet out;
  for (std::uint32_t node = 0; node < topology.nodes.size(); ++node)
    if (topology.nodes[node].llcs == 0) out.add(node);
  return out;
}

bool are_threads(const ir::WorkGroup& group) {
  return group.clone.value_or(ir::Clone::fork) != ir::Clone::fork;
}

}  // namespace

Status Crew::add(const std::string& cgroup, std::uint32_t group_index, std::uint32_t step,
                 const ir::WorkGroup& group) {
  const auto count = static_cast<std::size_t>(std::get<ir::Count>(*group.workers).get());
  if (count > arena_.left())
    return fail("start " + std::to_string(count) + " workers in `" + cgroup + "`: of " +
                std::to_string(Arena::capacity) + " workers that may live at once " +
                std::to_string(arena_.left()) + " are left");
  next_groups_[cgroup] = group_index + 1;
  const std::uint32_t first = next_id_;
  const std::size_t together = are_threads(group) ? count : ir::group_size(*group.work);
  for (std::size_t done = 0; done < count; done += together)
    TRY(start({cgroup, group_index, step}, group, together));
  for (std::uint32_t id = first; id < next_id_; ++id) TRY(place(id, group));
  update_frozen(monotonic_now());
  return {};
}

Status Crew::start(const Origin& origin, const ir::WorkGroup& group, std::size_t count) {
  const std::size_t size = ir::group_size(*group.work);
  const std::vector<std::pair<Fd, Fd>> pipes = TRY(make_pipes(size > 1 ? count : 0));
  std::vector<PipeEnds> ends;
  for (const auto& [read, write] : pipes) ends.push_back({read.get(), write.get()});
  std::vector<Slab*> slabs(count);
  std::ranges::generate(slabs, [this] { return arena_.take(); });
  std::vector<Seat> seats;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = i / size * size;
    seats.push_back({std::span(slabs).subspan(first, size), i - first,
                     size > 1 ? std::span<const PipeEnds>(ends).subspan(first, size)
                              : std::span<const PipeEnds>()});
  }
  const std::size_t per_process = are_threads(group) ? count : 1;
  std::size_t enlisted = 0;
  Status outcome;
  while (outcome && enlisted < count) {
    const std::size_t from = enlisted;
    const Result<pid_t> pid =
        launch({group, std::span(seats).subspan(from, per_process), arena_.gate(), batch_});
    outcome =
        pid ? enlist(origin, group, *pid, std::span(slabs).subspan(from, per_process), enlisted)
            : Status(tl::unexpected(pid.error()));
    if (!outcome && pid) ::kill(*pid, SIGKILL);
  }
  for (; enlisted < count; ++enlisted) arena_.give_back(slabs[enlisted]);
  return outcome;
}

/// Makes the workers of a process known, and counts them.
Status Crew::enlist(const Origin& origin, const ir::WorkGroup& group, pid_t pid,
                    std::span<Slab* const> slabs, std::size_t& enlisted) {
  if (are_threads(group)) TRY(await_threads(pid, slabs));
  for (Slab* slab : slabs) {
    const pid_t tid = are_threads(group) ? slab->tid.load() : pid;
    // The memory of threads is one; their first tells of it.
    const bool tells_memory = topology_.nodes.size() > 1 && slab == slabs.front();
    Meter meter = TRY(Meter::of({pid, tid, slabs.size() > 1, tells_memory}));
    ir::WorkerInfo info;
    info.id = next_id_++;
    info.cgroup = origin.cgroup;
    info.group = origin.group_index;
    info.step = origin.step;
    info.pid = pid;
    info.tid = tid;
    info.work = ir::name_of(*group.work);
    const std::uint32_t id = info.id;
    workers_[id] = std::make_unique<Worker>(
        Worker{Member(std::move(info), *slab, std::move(meter)), pid, tid, origin.cgroup});
    workers_[id]->member.set_slow(slow_nodes(topology_));
    ++enlisted;
  }
  return {};
}

Status Crew::await_threads(pid_t pid, std::span<Slab* const> slabs) {
  constexpr Nanos patience = 5s, look_again = 1ms;
  const auto there = [&] {
    return std::ranges::all_of(slabs, [](const Slab* slab) { return slab->tid.load() != 0; });
  };
  const auto gave_up = [&] {
    return std::ranges::any_of(slabs, [](const Slab* slab) { return slab->error[0] != '\0'; });
  };
  const auto known = [&] { return there() || gave_up(); };
  const Deadline deadline(patience);
  while (!known() && !deadline.passed()) loop_.run(monotonic_now() + look_again, known);
  if (there()) return {};
  std::string why = "they did not come within 5 s";
  for (const Slab* slab : slabs)
    if (slab->error[0] != '\0') why = slab->error.data();
  return fail("start " + std::to_string(slabs.size()) + " threads of process " +
              std::to_string(pid) + ": " + why);
}

/// The CPUs that the worker may be bound to.
Result<topology::CpuSet> Crew::pool_of(const Worker& worker, const ir::WorkGroup& group) const {
  const topology::CpuSet allowed = TRY(cgroups_.effective_cpus(worker.cgroup));
  if (!group.node) return allowed;
  const std::int64_t node = group.node->get();
  if (node < 0 || node >= static_cast<std::int64_t>(topology_.nodes.size()))
    return fail("there is no node " + std::to_string(node));
  const topology::CpuSet pool = allowed & topology_.cpus_of_node(static_cast<std::uint32_t>(node));
  if (!pool.empty()) return pool;
  return fail("node " + std::to_string(node) + " has none of the CPUs {" + to_text(allowed) + "}");
}

Status Crew::place(std::uint32_t id, const ir::WorkGroup& group) {
  if (const Worker* worker = find(id)) TRY(cgroups_.add(worker->cgroup, worker->pid));
  Worker* worker = find(id);
  if (worker == nullptr) return {};  // It died meanwhile, and its report has said so.
  const topology::CpuSet pool = TRY(pool_of(*worker, group));
  if (group.node) note(*worker, bind_task(worker->tid, pool));
  if (group.affinity) TRY(bind(*worker, *group.affinity, pool));
  if (group.policy) note(*worker, apply_policy(worker->tid, *group.policy));
  if (group.nice) note(*worker, apply_nice(worker->tid, static_cast<int>(group.nice->get())));
  worker->member.prepare();
  return {};
}

Status Crew::bind(Worker& worker, const ir::Affinity& affinity, const topology::CpuSet& pool) {
  const auto cpus = TRY(resolve(affinity, pool, topology_, random_));
  if (!cpus) return {};
  note(worker, bind_task(worker.tid, *cpus));
  return {};
}

/// What could not be done to a worker is its error, unless it is gone.
void Crew::note(Worker& worker, const Status& done) {
  if (!done && done.error().code != ESRCH) worker.member.note_error(describe(done.error()));
}

}  // namespace ktstr::guest
