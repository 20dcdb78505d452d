// SPDX-License-Identifier: GPL-2.0-only
// How a scheduler ended, taken apart: what the kernel gave as the reason and its debug dump.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/describe.h"
#include "schema/scalars.h"

namespace ktstr::ir {

/// A task of the debug dump.
struct DumpTask {
  std::string comm;
  std::int32_t pid = 0;
  std::string state;             ///< `R`, `S`, …
  bool current = false;          ///< Marked as running.
  std::int64_t runnable_ms = 0;  ///< For how long it has been waiting.
  std::string dsq;               ///< `(n/a)` or the id of its dispatch queue.
  std::string cpus;              ///< Its affinity as the kernel prints masks.
  std::vector<std::string> stack;

  bool operator==(const DumpTask&) const = default;
  static constexpr auto schema = schema::record(
      "dump_task", "A task of a debug dump.", schema::Field{"comm", &DumpTask::comm, "Its name."},
      schema::Field{"pid", &DumpTask::pid, "Its process."},
      schema::Field{"state", &DumpTask::state, "Its state."},
      schema::Field{"current", &DumpTask::current, "Whether it was running."},
      schema::Field{"runnable_ms", &DumpTask::runnable_ms, "For how long it had been runnable."},
      schema::Field{"dsq", &DumpTask::dsq, "Its dispatch queue."},
      schema::Field{"cpus", &DumpTask::cpus, "Where it may run."},
      schema::Field{"stack", &DumpTask::stack, "Where it was."});
};

/// A CPU of the debug dump.
struct DumpCpu {
  std::uint32_t cpu = 0;
  std::uint32_t nr_running = 0;
  std::string current;  ///< `comm[pid]`
  std::string scheduling_class;
  std::vector<DumpTask> tasks;

  bool operator==(const DumpCpu&) const = default;
  static constexpr auto schema = schema::record(
      "dump_cpu", "A CPU of a debug dump.", schema::Field{"cpu", &DumpCpu::cpu, "Its number."},
      schema::Field{"nr_running", &DumpCpu::nr_running, "Its runnable tasks of sched_ext."},
      schema::Field{"current", &DumpCpu::current, "What ran on it."},
      schema::Field{"scheduling_class", &DumpCpu::scheduling_class, "The class of that."},
      schema::Field{"tasks", &DumpCpu::tasks, "Its runnable tasks."});
};

struct SchedulerDump {
  std::string trigger;  ///< `comm[pid]` of whoever triggered the exit.
  std::int64_t exit_kind = 0;
  std::vector<std::string> notes;  ///< What the scheduler itself added for all CPUs.
  std::vector<DumpCpu> cpus;

  bool operator==(const SchedulerDump&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler_dump", "The kernel's debug dump.",
      schema::Field{"trigger", &SchedulerDump::trigger, "Who triggered the exit."},
      schema::Field{"exit_kind", &SchedulerDump::exit_kind, "enum scx_exit_kind."},
      schema::Field{"notes", &SchedulerDump::notes, "The scheduler's own words."},
      schema::Field{"cpus", &SchedulerDump::cpus, "The CPUs with something to tell."});
};

/// One start of a scheduler, from its first moment to its last.
struct SchedulerRun {
  std::string scheduler;
  std::string ops;
  std::string kind;  ///< Empty: it was told to go or lived to the end.
  std::string reason;
  std::string message;
  std::vector<std::string> backtrace;
  std::optional<SchedulerDump> dump;
  Nanos started{0};
  Nanos to_attach{0};               ///< From start to being in charge; 0 if it never was.
  std::optional<Nanos> lived;       ///< From being in charge to its end; absent if it never was.
  std::uint32_t returns = 0;        ///< How often it left and came back by itself.
  Nanos away{0};                    ///< The part of `lived` that it was not in charge then.
  std::string step;                 ///< During which it ended against its will.
  std::string op;                   ///< The op that was being done then; empty for none.
  std::optional<std::string> exit;  ///< How its process ended: `exit 1`, `signal 9`.

  bool operator==(const SchedulerRun&) const = default;
  static constexpr auto schema = schema::record(
      "scheduler_run", "A scheduler from its start to its end.",
      schema::Field{"scheduler", &SchedulerRun::scheduler, "Its name and flags."},
      schema::Field{"ops", &SchedulerRun::ops, "The kernel's name for it."},
      schema::Field{"kind", &SchedulerRun::kind, "How it ended; empty when it was told to."},
      schema::Field{"reason", &SchedulerRun::reason, "The reason in the kernel's words."},
      schema::Field{"message", &SchedulerRun::message, "What was said besides."},
      schema::Field{"backtrace", &SchedulerRun::backtrace, "Where it happened."},
      schema::Field{"dump", &SchedulerRun::dump, "The state of every CPU then."},
      schema::Field{"started", &SchedulerRun::started, "When."},
      schema::Field{"to_attach", &SchedulerRun::to_attach,
                    "From its start to its being in charge."},
      schema::Field{"lived", &SchedulerRun::lived, "From its being in charge to its end."},
      schema::Field{"returns", &SchedulerRun::returns,
                    "How often it left and came back by itself."},
      schema::Field{"away", &SchedulerRun::away, "How much of that time it was away."},
      schema::Field{"step", &SchedulerRun::step, "The step in which it ended."},
      schema::Field{"op", &SchedulerRun::op, "The op in which it ended."},
      schema::Field{"exit", &SchedulerRun::exit, "How its process ended."});
};

}  // namespace ktstr::ir
