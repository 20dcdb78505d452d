// SPDX-License-Identifier: GPL-2.0-only
#include "guest/policy.h"

#include <string>

#include <sys/resource.h>

#include <sched.h>

#include "base/overload.h"

namespace ktstr::guest {
namespace {

constexpr int sched_ext = 7;  // SCHED_EXT of include/uapi/linux/sched.h, since 6.12.

struct Call {
  int policy;
  int priority;
};

Call call_of(const ir::Policy& policy) {
  return std::visit(Overload{[](const ir::NormalPolicy&) {
                               return Call{SCHED_OTHER, 0};
                             },
                             [](const ir::BatchPolicy&) {
                               return Call{SCHED_BATCH, 0};
                             },
                             [](const ir::IdlePolicy&) {
                               return Call{SCHED_IDLE, 0};
                             },
                             [](const ir::ExtPolicy&) {
                               return Call{sched_ext, 0};
                             },
                             [](const ir::FifoPolicy& fifo) {
                               return Call{SCHED_FIFO, static_cast<int>(fifo.priority.get())};
                             },
                             [](const ir::RrPolicy& rr) {
                               return Call{SCHED_RR, static_cast<int>(rr.priority.get())};
                             }},
                    policy);
}

}  // namespace

Status apply_policy(pid_t pid, const ir::Policy& policy) {
  const Call call = call_of(policy);
  const sched_param parameters{.sched_priority = call.priority};
  if (::sched_setscheduler(pid, call.policy, &parameters) == 0) return {};
  const auto name =
      std::visit([]<class Type>(const Type&) { return std::string(Type::schema.name); }, policy);
  return fail_errno("set the policy " + name);
}

Status apply_nice(pid_t pid, int nice) {
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), nice) == 0) return {};
  return fail_errno("set nice to " + std::to_string(nice));
}

}  // namespace ktstr::guest
