// SPDX-License-Identifier: GPL-2.0-only
// How workers come into a crew: they are forked, made known, put into their cgroup, and bound as
// their group says.
#include <algorithm>
#include <cerrno>

#include <signal.h>

#include "base/clock.h"
#include "guest/affinity.h"
#include "guest/crew.h"
#include "guest/launch.h"
#include "guest/policy.h"
#include "guest/work/nests.h"

namespace ktstr::guest {
namespace {

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
  TRY(make_nests(cgroup, *group.work));
  next_groups_[cgroup] = group_index + 1;
  const std::uint32_t first = next_id_;
  const std::uint32_t size = ir::group_size(*group.work);
  const std::size_t together = are_threads(group) ? count : size;
  for (std::size_t done = 0; done < count; done += together)
    TRY(start({cgroup, group_index, step}, group, together));
  for (std::uint32_t id = first; id < next_id_; ++id) TRY(place(id, group, id - first));
  update_frozen(monotonic_now());
  return {};
}

Status Crew::start(const Origin& origin, const ir::WorkGroup& group, std::size_t count) {
  std::vector<Slab*> slabs(count);
  std::ranges::generate(slabs, [this] { return arena_.take(); });
  std::size_t enlisted = 0;
  const Status outcome = launch_all(origin, group, slabs, enlisted);
  for (; enlisted < count; ++enlisted) arena_.give_back(slabs[enlisted]);
  return outcome;
}

Status Crew::launch_all(const Origin& origin, const ir::WorkGroup& group,
                        std::span<Slab* const> slabs, std::size_t& enlisted) {
  const std::size_t size = ir::group_size(*group.work);
  std::vector<Group> groups;
  for (auto from = slabs.begin(); from != slabs.end(); from += static_cast<std::ptrdiff_t>(size))
    groups.push_back(
        TRY(Group::make(*group.work, {from, from + static_cast<std::ptrdiff_t>(size)})));
  std::vector<Seat> seats;
  for (std::size_t i = 0; i < slabs.size(); ++i)
    seats.push_back({groups[i / size], i % size,
                     surroundings(origin.cgroup, next_id_ + static_cast<std::uint32_t>(i))});
  const std::size_t per_process = are_threads(group) ? slabs.size() : 1;
  while (enlisted < slabs.size()) {
    const std::size_t from = enlisted;
    const pid_t pid =
        TRY(launch({group, std::span(seats).subspan(from, per_process), arena_.gate(), batch_}));
    if (Status known = enlist(origin, group, pid, slabs.subspan(from, per_process), enlisted);
        !known) {
      ::kill(pid, SIGKILL);
      return known;
    }
  }
  return {};
}

/// Makes the workers of a process known, and counts them.
Status Crew::enlist(const Origin& origin, const ir::WorkGroup& group, pid_t pid,
                    std::span<Slab* const> slabs, std::size_t& enlisted) {
  if (are_threads(group)) TRY(await_threads(pid, slabs));
  for (Slab* slab : slabs) {
    const pid_t tid = are_threads(group) ? slab->tid.load() : pid;
    // The memory of threads is one; their first tells of it.
    const bool tells_memory = plan_.topology.nodes.size() > 1 && slab == slabs.front();
    Meter meter = TRY(Meter::of({.pid = pid,
                                 .tid = tid,
                                 .shares_process = slabs.size() > 1,
                                 .tells_memory = tells_memory,
                                 .has_threads = ir::has_threads(*group.work)}));
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
    workers_[id]->member.set_slow(slow_nodes(plan_.topology));
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

Status Crew::make_nests(const std::string& cgroup, const ir::Work& work) {
  const std::int64_t count = ir::nested_cgroups(work).value_or(0).get();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string name = cgroup + "/" + nest_name(i);
    if (cgroups_.exists(name)) continue;
    TRY(cgroups_.create(name));
    // Its own share of CPU time, so that moving there means something to a scheduler.
    TRY(cgroups_.set_cpu(name, {.weight = ir::Count(100), .max = {}}));
  }
  return {};
}

Surroundings Crew::surroundings(const std::string& cgroup, std::uint32_t id) const {
  Surroundings out{.id = id,
                   .seed = spread(plan_.seed + id),
                   .disk = plan_.disk,
                   .cgroup = cgroups_.path(cgroup),
                   .words = arena_.words()};
  std::ranges::transform(out.words, out.wakes_before.begin(),
                         [](const SharedWord& word) { return word.wakes.load(); });
  return out;
}

/// The CPUs that the worker may be bound to.
Result<topology::CpuSet> Crew::pool_of(const Worker& worker) const {
  const topology::CpuSet allowed = TRY(cgroups_.effective_cpus(worker.cgroup));
  if (!worker.node) return allowed;
  const std::int64_t node = worker.node->get();
  if (node < 0 || node >= static_cast<std::int64_t>(plan_.topology.nodes.size()))
    return fail("there is no node " + std::to_string(node));
  const topology::CpuSet pool =
      allowed & plan_.topology.cpus_of_node(static_cast<std::uint32_t>(node));
  if (!pool.empty()) return pool;
  return fail("node " + std::to_string(node) + " has none of the CPUs {" + to_text(allowed) + "}");
}

Status Crew::place(std::uint32_t id, const ir::WorkGroup& group, std::size_t number) {
  const std::int64_t nests = ir::nested_cgroups(*group.work).value_or(0).get();
  if (const Worker* worker = find(id))
    TRY(cgroups_.add(nests == 0 ? worker->cgroup : worker->cgroup + "/" + nest_name(id % nests),
                     worker->pid));
  Worker* worker = find(id);
  if (worker == nullptr) return {};  // It died meanwhile, and its report has said so.
  worker->number = number;
  worker->node = group.node;
  const topology::CpuSet pool = TRY(pool_of(*worker));
  if (group.node) note(*worker, bind_thread(worker->tid, pool));
  if (group.affinity) TRY(bind(*worker, *group.affinity, pool));
  const std::optional<ir::Policy> own =
      ir::policy_of(*group.work, number % ir::group_size(*group.work));
  if (const auto& policy = own ? own : group.policy)
    note(*worker, apply_policy(worker->tid, *policy));
  if (group.nice) note(*worker, apply_nice(worker->tid, static_cast<int>(group.nice->get())));
  worker->member.prepare();
  return {};
}

Status Crew::bind(Worker& worker, const ir::Affinity& affinity, const topology::CpuSet& pool) {
  const auto cpus = TRY(resolve(affinity, pool, plan_.topology, worker.number, random_));
  if (!cpus) return {};
  note(worker, bind_thread(worker.tid, *cpus));
  return {};
}

/// What could not be done to a worker is its error, unless it is gone.
void Crew::note(Worker& worker, const Status& done) {
  if (!done && done.error().code != ESRCH) worker.member.note_error(describe(done.error()));
}

}  // namespace ktstr::guest
