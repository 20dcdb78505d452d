// SPDX-License-Identifier: GPL-2.0-only
// What each op does.
#include <algorithm>

#include "base/clock.h"
#include "guest/executor.h"

namespace ktstr::guest {
namespace {

Crew::Filter in_cgroup(const std::string& cgroup) {
  return [cgroup](const Crew::Worker& worker) { return worker.cgroup == cgroup; };
}

}  // namespace

Status Executor::expect_workers(const std::string& cgroup) const {
  TRY(cgroups_.expect(cgroup));
  if (crew_.any(in_cgroup(cgroup))) return {};
  return fail("no worker lives in the cgroup `" + cgroup + "`");
}

template <>
Status Executor::perform(const ir::AddCgroup& op) {
  ir::Cgroup empty;
  empty.name = op.name;
  return set_up(empty);
}

template <>
Status Executor::perform(const ir::RemoveCgroup& op) {
  TRY(cgroups_.expect(op.cgroup));
  return remove(op.cgroup);
}

template <>
Status Executor::perform(const ir::DefineCgroup& op) {
  return set_up(op.cgroup);
}

template <>
Status Executor::perform(const ir::SetCpuset& op) {
  TRY(cgroups_.expect(op.cgroup));
  return change_cpusets({op.cgroup}, [&] {
    return cgroups_.set_cpus(op.cgroup, std::get<ir::ExactCpus>(op.to).cpus);
  });
}

template <>
Status Executor::perform(const ir::ClearCpuset& op) {
  TRY(cgroups_.expect(op.cgroup));
  return change_cpusets({op.cgroup}, [&] { return cgroups_.clear_cpus(op.cgroup); });
}

template <>
Status Executor::perform(const ir::SwapCpusets& op) {
  TRY(cgroups_.expect(op.first));
  TRY(cgroups_.expect(op.second));
  const topology::CpuSet first = TRY(cgroups_.own_cpus(op.first));
  const topology::CpuSet second = TRY(cgroups_.own_cpus(op.second));
  const auto give = [&](const std::string& cgroup, const topology::CpuSet& cpus) {
    return cpus.empty() ? cgroups_.clear_cpus(cgroup) : cgroups_.set_cpus(cgroup, cpus);
  };
  return change_cpusets({op.first, op.second}, [&]() -> Status {
    TRY(give(op.first, second));
    return give(op.second, first);
  });
}

template <>
Status Executor::perform(const ir::SetCpu& op) {
  TRY(cgroups_.expect(op.cgroup));
  return cgroups_.set_cpu(op.cgroup, op.limits);
}

template <>
Status Executor::perform(const ir::SetMemory& op) {
  TRY(cgroups_.expect(op.cgroup));
  return cgroups_.set_memory(op.cgroup, op.limits);
}

template <>
Status Executor::perform(const ir::SpawnHost&) {
  return {};  // The host does it when it is told that it is due.
}

template <>
Status Executor::perform(const ir::Spawn& op) {
  TRY(cgroups_.expect(op.cgroup));
  // Later groups of a cgroup are counted on from those it was made with.
  return crew_.add(op.cgroup, crew_.next_group(op.cgroup), step_, op.group);
}

template <>
Status Executor::perform(const ir::StopCgroup& op) {
  TRY(expect_workers(op.cgroup));
  crew_.stop(in_cgroup(op.cgroup));
  return {};
}

template <>
Status Executor::perform(const ir::MoveTasks& op) {
  TRY(cgroups_.expect(op.from));
  TRY(cgroups_.expect(op.to));
  const auto outlives = [&](const Crew::Worker& worker) {
    return worker.cgroup == op.from && worker.member.info().step == ir::backdrop_step;
  };
  const auto runs_on = [&](const ir::PayloadRun& run) {
    return run.cgroup == op.from && run.step == ir::backdrop_step;
  };
  if (owners_.at(op.to) != ir::backdrop_step && (crew_.any(outlives) || payloads_.any(runs_on)))
    return fail("move workers of the backdrop to `" + op.to + "`, which ends with the step",
                "make `" + op.to + "` in the backdrop");
  TRY(crew_.move(op.from, op.to));
  payloads_.moved(op.from, op.to);
  return {};
}

template <>
Status Executor::perform(const ir::SetAffinity& op) {
  TRY(expect_workers(op.cgroup));
  return crew_.set_affinity(op.cgroup, op.to);
}

template <>
Status Executor::perform(const ir::Freeze& op) {
  TRY(cgroups_.expect(op.cgroup));
  return crew_.set_frozen(op.cgroup, true);
}

template <>
Status Executor::perform(const ir::Unfreeze& op) {
  TRY(cgroups_.expect(op.cgroup));
  return crew_.set_frozen(op.cgroup, false);
}

template <>
Status Executor::perform(const ir::Mark&) {
  return {};  // That it was reported, and when, is all.
}

template <>
Status Executor::perform(const ir::Sleep& op) {
  TRY(release());  // To wait makes sense only for what runs.
  return session_.wait_for(op.duration);
}

}  // namespace ktstr::guest
