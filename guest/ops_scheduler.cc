// SPDX-License-Identifier: GPL-2.0-only
// What each op that is about schedulers, policies and the machine does.
#include "base/clock.h"
#include "guest/executor.h"

namespace ktstr::guest {

template <>
Status Executor::perform(const ir::AttachScheduler& op) {
  return scheduler_.attach(op.scheduler);
}

template <>
Status Executor::perform(const ir::DetachScheduler&) {
  return scheduler_.detach();
}

template <>
Status Executor::perform(const ir::RestartScheduler&) {
  return scheduler_.restart();
}

template <>
Status Executor::perform(const ir::ReplaceScheduler& op) {
  return scheduler_.replace(op.scheduler);
}

template <>
Status Executor::perform(const ir::SetPolicy& op) {
  TRY(expect_workers(op.cgroup));
  return crew_.set_policy(op.cgroup, op.to);
}

template <>
Status Executor::perform(const ir::SetNice& op) {
  TRY(expect_workers(op.cgroup));
  return crew_.set_nice(op.cgroup, static_cast<int>(op.to.get()));
}

template <>
Status Executor::perform(const ir::Hotplug& op) {
  const std::string cpu = std::to_string(op.cpu.get());
  return change_cpusets(cgroups_.names(), [&] {
    return knobs_.set("/sys/devices/system/cpu/cpu" + cpu + "/online", op.online ? "1" : "0");
  });
}

template <>
Status Executor::perform(const ir::Sysctl& op) {
  const std::string path = TRY(sysctl_path(op.name));
  return knobs_.set(path, text_of(op.value));
}

}  // namespace ktstr::guest
