// SPDX-License-Identifier: GPL-2.0-only
#include "guest/validate.h"

#include "base/overload.h"
#include "guest/arena.h"

namespace ktstr::guest {
namespace {

constexpr std::size_t most_steps = 10'000;

Status check_policy(const ir::Policy& policy) {
  const auto priority = [](const ir::Count& number) -> Status {
    if (!number.resolved()) return fail("the priority is not resolved");
    return {};
  };
  return std::visit(Overload{[&](const ir::FifoPolicy& fifo) { return priority(fifo.priority); },
                             [&](const ir::RrPolicy& rr) { return priority(rr.priority); },
                             [](const auto&) { return Status(); }},
                    policy);
}

Status check_group(const ir::WorkGroup& group) {
  if (!group.workers || !std::holds_alternative<ir::Count>(*group.workers) ||
      !std::get<ir::Count>(*group.workers).resolved())
    return fail("the number of workers is not resolved");
  if (!group.work) return fail("workers without work");
  const std::int64_t count = std::get<ir::Count>(*group.workers).get();
  if (count < 0 || count > static_cast<std::int64_t>(Arena::capacity))
    return fail(std::to_string(count) + " workers in one group; at most " +
                std::to_string(Arena::capacity) + " may live at once");
  const std::uint32_t size = ir::group_size(*group.work);
  if (size == 0 || count % size != 0)
    return fail(std::to_string(count) + " workers of `" + std::string(ir::name_of(*group.work)) +
                "`, which work in groups of " + std::to_string(size));
  if (group.nice && !group.nice->resolved()) return fail("nice is not resolved");
  if (group.node && !group.node->resolved()) return fail("the node is not resolved");
  if (group.policy) TRY(check_policy(*group.policy));
  return {};
}

Status check_limits(const ir::CpuLimits& limits) {
  if (limits.weight && !limits.weight->resolved()) return fail("the weight is not resolved");
  return {};
}

Status check_other_limits(const ir::Cgroup& cgroup) {
  if (cgroup.cpuset_mems && !std::holds_alternative<ir::ExactNodes>(*cgroup.cpuset_mems))
    return fail("cpuset_mems is not resolved");
  if (cgroup.io.weight && !cgroup.io.weight->resolved()) return fail("the weight is not resolved");
  const auto* tasks = cgroup.pids.max ? std::get_if<ir::Count>(&*cgroup.pids.max) : nullptr;
  if (tasks != nullptr && !tasks->resolved()) return fail("the number of tasks is not resolved");
  return {};
}

Status check_cpuset(const ir::CpusetSpec& cpuset) {
  if (!std::holds_alternative<ir::ExactCpus>(cpuset)) return fail("the cpuset is not resolved");
  return {};
}

Status check_cgroup(const ir::Cgroup& cgroup) {
  const auto check = [&]() -> Status {
    if (cgroup.for_each) return fail("for_each is not resolved");
    if (cgroup.cpuset) TRY(check_cpuset(*cgroup.cpuset));
    TRY(check_limits(cgroup.cpu));
    TRY(check_other_limits(cgroup));
    for (const ir::WorkGroup& group : cgroup.groups) TRY(check_group(group));
    return {};
  };
  if (Status checked = check(); !checked)
    return fail_within("cgroup `" + cgroup.name + "`", std::move(checked).error());
  return {};
}

Status check_op(const ir::Op& op) {
  return std::visit(Overload{
                        [](const ir::DefineCgroup& define) { return check_cgroup(define.cgroup); },
                        [](const ir::SetCpuset& set) { return check_cpuset(set.to); },
                        [](const ir::SetCpu& set) { return check_limits(set.limits); },
                        [](const ir::Spawn& spawn) { return check_group(spawn.group); },
                        [](const ir::SetPolicy& set) { return check_policy(set.to); },
                        [](const ir::SetNice& set) -> Status {
                          if (!set.to.resolved()) return fail("nice is not resolved");
                          return {};
                        },
                        [](const ir::Hotplug& plug) -> Status {
                          if (!plug.cpu.resolved()) return fail("the CPU is not resolved");
                          return {};
                        },
                        [](const auto&) { return Status(); },
                    },
                    op);
}

Status check_hold(const ir::Hold& hold) {
  return std::visit(Overload{
                        [](const Share&) -> Status { return fail("the hold is not resolved"); },
                        [](const Nanos& time) -> Status {
                          return time < Nanos(0) ? Status(fail("a negative hold")) : Status();
                        },
                        [](const ir::Repeat& repeat) -> Status {
                          const Nanos* length = std::get_if<Nanos>(&repeat.length);
                          if (length == nullptr) return fail("the hold is not resolved");
                          if (repeat.every < 1ms || *length < Nanos(0))
                            return fail("an impossible repetition");
                          return {};
                        },
                    },
                    hold);
}

Status check_part(const std::string& what, const std::vector<ir::Cgroup>& cgroups,
                  const std::vector<ir::Op>& ops) {
  const auto check = [&]() -> Status {
    for (const ir::Cgroup& cgroup : cgroups) TRY(check_cgroup(cgroup));
    for (std::size_t i = 0; i < ops.size(); ++i)
      if (Status checked = check_op(ops[i]); !checked)
        return fail_within(
            "op " + std::to_string(i + 1) + " (" + std::string(ir::name_of(ops[i])) + ")",
            std::move(checked).error());
    return {};
  };
  if (Status checked = check(); !checked) return fail_within(what, std::move(checked).error());
  return {};
}

Status check_scheduler(const ir::GuestScheduler& scheduler) {
  if (scheduler.builtin.has_value() == !scheduler.program.empty())
    return fail("the scheduler `" + scheduler.name +
                "` is not one of a program and a part of the "
                "kernel");
  if (!scheduler.builtin) return {};
  for (const auto* list : {&scheduler.builtin->enable, &scheduler.builtin->disable})
    for (const ir::Argv& argv : *list) {
      const bool word = !argv.empty() && (argv[0] == "sysctl" || argv[0] == "write");
      if (argv.empty() || (word && argv.size() != 3))
        return fail("a command of the scheduler `" + scheduler.name + "` is malformed");
    }
  return {};
}

Status check_payload(const ir::GuestPayload& payload) {
  if (payload.argv.empty() || !payload.argv[0].starts_with('/'))
    return fail("the payload `" + payload.name + "` has no program");
  return {};
}

}  // namespace

Status validate(const ir::Program& program) {
  if (const auto flaw = topology::flaw(program.topology)) return fail("the topology: " + *flaw);
  if (program.settle < Nanos(0)) return fail("a negative settling time");
  if (program.sample_every < 1ms) return fail("samples less than 1 ms apart");
  if (program.steps.size() > most_steps)
    return fail(std::to_string(program.steps.size()) + " steps; at most " +
                std::to_string(most_steps) + " are possible");
  for (const ir::GuestScheduler& scheduler : program.schedulers) TRY(check_scheduler(scheduler));
  for (const ir::GuestPayload& payload : program.payloads) TRY(check_payload(payload));
  TRY(check_part("backdrop", program.backdrop.cgroups, program.backdrop.ops));
  for (const ir::Step& step : program.steps) {
    TRY(check_part("step `" + step.name + "`", step.cgroups, step.ops));
    if (!step.hold) continue;
    if (Status checked = check_hold(*step.hold); !checked)
      return fail_within("step `" + step.name + "`", std::move(checked).error());
  }
  return {};
}

}  // namespace ktstr::guest
