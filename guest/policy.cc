// SPDX-License-Identifier: GPL-2.0-only
#include "guest/policy.h"

#include <cerrno>
#include <string>

#include <sys/resource.h>
#include <sys/syscall.h>

#include <sched.h>
#include <unistd.h>

namespace ktstr::guest {
namespace {

// Of include/uapi/linux/sched.h.
constexpr int sched_deadline = 6;
constexpr int sched_ext = 7;  // Since 6.12.

struct Call {
  int policy;
  int priority;
};

Call call_of(const ir::NormalPolicy&) {
  return {SCHED_OTHER, 0};
}
Call call_of(const ir::BatchPolicy&) {
  return {SCHED_BATCH, 0};
}
Call call_of(const ir::IdlePolicy&) {
  return {SCHED_IDLE, 0};
}
Call call_of(const ir::ExtPolicy&) {
  return {sched_ext, 0};
}
Call call_of(const ir::FifoPolicy& fifo) {
  return {SCHED_FIFO, static_cast<int>(fifo.priority.get())};
}
Call call_of(const ir::RrPolicy& rr) {
  return {SCHED_RR, static_cast<int>(rr.priority.get())};
}

/// struct sched_attr of include/uapi/linux/sched/types.h, as of its first version.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = sched_deadline;
  std::uint64_t flags = 1;  // SCHED_FLAG_RESET_ON_FORK: a deadline task could not fork at all.
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

template <class Policy>
Status apply(pid_t pid, const Policy& policy) {
  const Call call = call_of(policy);
  const sched_param parameters{.sched_priority = call.priority};
  if (::sched_setscheduler(pid, call.policy, &parameters) == 0) return {};
  return fail_errno("set the policy " + std::string(Policy::schema.name));
}

Status apply(pid_t pid, const ir::DeadlinePolicy& policy) {
  Attributes attributes;
  attributes.runtime = static_cast<std::uint64_t>(policy.runtime.count());
  attributes.deadline = static_cast<std::uint64_t>(policy.deadline.count());
  attributes.period = static_cast<std::uint64_t>(policy.period.count());
  if (::syscall(SYS_sched_setattr, pid, &attributes, 0) == 0) return {};
  const int code = errno;
  return fail_code(code, "set the policy deadline",
                   code == EBUSY ? "the deadline tasks together want more CPU time than there is"
                   : code == EPERM
                       ? "its task must be allowed to use every CPU, and init must be root"
                       : "");
}

}  // namespace

Status apply_policy(pid_t pid, const ir::Policy& policy) {
  return std::visit([&](const auto& one) { return apply(pid, one); }, policy);
}

Status apply_nice(pid_t pid, int nice) {
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), nice) == 0) return {};
  return fail_errno("set nice to " + std::to_string(nice));
}

}  // namespace ktstr::guest
