// SPDX-License-Identifier: GPL-2.0-only
// Definitions of schedulers: what is started, with what, on which kernels, and what must hold of
// it wherever it is used.
#pragma once

#include "ir/check.h"
#include "ir/claim.h"
#include "ir/scheduler_use.h"
#include "ir/topology_spec.h"

namespace ktstr::ir {

struct SchedulerFlag {
  std::string name;
  std::vector<std::string> args;
  std::vector<std::string> needs;

  bool operator==(const SchedulerFlag&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler_flag", "A way to start the scheduler that the gauntlet can vary.",
      schema::Field{"name", &SchedulerFlag::name, "Its name.", schema::required},
      schema::Field{"args", &SchedulerFlag::args, "The arguments it stands for."},
      schema::Field{"requires", &SchedulerFlag::needs, "Flags without which it makes no sense."});
};

struct Scheduler {
  std::string name;
  std::optional<std::string> binary;
  std::optional<Builtin> builtin;
  std::vector<std::string> args;
  std::vector<SchedulerFlag> flags;
  std::vector<std::string> watchdog_args;
  std::optional<std::string> config;
  std::map<std::string, SysctlValue> sysctls;
  std::vector<std::string> kargs;
  std::optional<TopologySpec> topology;
  std::optional<std::string> kernels;
  Nanos attach_timeout = default_attach_timeout;
  std::vector<Claim> claims;
  Checks checks;

  bool operator==(const Scheduler&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler", "A scheduler that scenarios can be run under.",
      schema::Field{"name", &Scheduler::name, "Its name.", schema::required},
      schema::Field{"binary", &Scheduler::binary,
                    "Its program; its name by default. Looked for beside this file, in "
                    "`--program-dir` and in $PATH; `--scheduler NAME=PATH` takes precedence."},
      schema::Field{"builtin", &Scheduler::builtin, "Part of the kernel in place of a program."},
      schema::Field{"args", &Scheduler::args, "Arguments of the program."},
      schema::Field{"flags", &Scheduler::flags, "Arguments by name, for scenarios and gauntlets."},
      schema::Field{"watchdog_args", &Scheduler::watchdog_args,
                    "How the program is told a scenario's `watchdog`: `{ms}` and `{seconds}` stand "
                    "for it.",
                    schema::example("[--timeout-ms, \"{ms}\"]")},
      schema::Field{"config", &Scheduler::config,
                    "A file beside this one that the program gets as `--config FILE`."},
      schema::Field{"sysctls", &Scheduler::sysctls,
                    "Set before it is started, restored when it has gone.",
                    schema::example("{kernel.sched_rt_runtime_us: -1}")},
      schema::Field{"kargs", &Scheduler::kargs, "Words for the kernel's command line."},
      schema::Field{"topology", &Scheduler::topology,
                    "The machine of scenarios that do not say which."},
      schema::Field{"kernels", &Scheduler::kernels,
                    "The kernels it runs on; on others its scenarios are skipped.",
                    schema::example("\"6.12..7.3\"")},
      schema::Field{
          "attach_timeout", &Scheduler::attach_timeout,
          "How long it may take from start to being in charge, or to come back by itself.",
          schema::range(100ms, 10min)},
      schema::Field{"claims", &Scheduler::claims, "What must hold wherever it is used."},
      schema::Field{"checks", &Scheduler::checks,
                    "Checks where it is used; a scenario's own take precedence."});
};

}  // namespace ktstr::ir
