// SPDX-License-Identifier: GPL-2.0-only
// Ops: what a step does besides holding. To add one, describe its struct here and name it in `Op`;
// the compiler asks for its overload in guest/executor.cc.
#pragma once

#include "ir/cgroup.h"
#include "ir/scheduler_use.h"

namespace ktstr::ir {

struct AddCgroup {
  std::string name;
  bool operator==(const AddCgroup&) const = default;
  static constexpr auto schema =
      schema::record("add_cgroup", "Create an empty cgroup.",
                     schema::Field{"name", &AddCgroup::name, "Its name.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("tmp");
};

struct RemoveCgroup {
  std::string cgroup;
  bool operator==(const RemoveCgroup&) const = default;
  static constexpr auto schema =
      schema::record("remove_cgroup", "Stop its workers, collect their reports and remove it.",
                     schema::Field{"cgroup", &RemoveCgroup::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("tmp");
};

struct DefineCgroup {
  Cgroup cgroup;
  bool operator==(const DefineCgroup&) const = default;
  static constexpr auto schema =
      schema::record("define_cgroup", "Create a cgroup and start its workers, within a step.",
                     schema::Field{"", &DefineCgroup::cgroup, "The cgroup."})
          .for_example("{name: tmp, workers: 2, work: {bursty: {burst: 2ms, sleep: 2ms}}}");
};

struct SetCpuset {
  std::string cgroup;
  CpusetSpec to;
  bool operator==(const SetCpuset&) const = default;
  static constexpr auto schema =
      schema::record("set_cpuset", "Change the CPUs a cgroup may use.",
                     schema::Field{"cgroup", &SetCpuset::cgroup, "Which.", schema::required},
                     schema::Field{"to", &SetCpuset::to, "Its new CPUs.", schema::required})
          .for_example("{cgroup: a, to: {range: [0, 0.25]}}");
};

struct ClearCpuset {
  std::string cgroup;
  bool operator==(const ClearCpuset&) const = default;
  static constexpr auto schema =
      schema::record("clear_cpuset", "Let a cgroup use the CPUs of its parent again.",
                     schema::Field{"cgroup", &ClearCpuset::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("a");
};

struct SwapCpusets {
  std::string first;
  std::string second;
  bool operator==(const SwapCpusets&) const = default;
  static constexpr auto schema =
      schema::record("swap_cpusets", "Exchange the CPUs of two cgroups.",
                     schema::Field{"first", &SwapCpusets::first, "One.", schema::required},
                     schema::Field{"second", &SwapCpusets::second, "The other.", schema::required})
          .written_as(schema::Shorthand::list)
          .for_example("[a, b]");
};

struct SetCpu {
  std::string cgroup;
  CpuLimits limits;
  bool operator==(const SetCpu&) const = default;
  static constexpr auto schema =
      schema::record("set_cpu", "Change a cgroup's CPU weight or bandwidth.",
                     schema::Field{"cgroup", &SetCpu::cgroup, "Which.", schema::required},
                     schema::Field{"", &SetCpu::limits, "What changes; the rest stays."})
          .for_example("{cgroup: a, weight: 300}");
};

struct SetMemory {
  std::string cgroup;
  MemoryLimits limits;
  bool operator==(const SetMemory&) const = default;
  static constexpr auto schema =
      schema::record("set_memory", "Change a cgroup's memory limits.",
                     schema::Field{"cgroup", &SetMemory::cgroup, "Which.", schema::required},
                     schema::Field{"", &SetMemory::limits, "What changes; the rest stays."})
          .for_example("{cgroup: a, high: 64MiB}");
};

struct Spawn {
  std::string cgroup;
  WorkGroup group;
  bool operator==(const Spawn&) const = default;
  static constexpr auto schema =
      schema::record("spawn", "Start more workers in a cgroup.",
                     schema::Field{"cgroup", &Spawn::cgroup, "Where.", schema::required},
                     schema::Field{"", &Spawn::group, "The workers."})
          .for_example("{cgroup: a, workers: 2, work: spin}");
};

struct SpawnHost {
  std::uint32_t workers = 1;
  Share load{1};
  bool operator==(const SpawnHost&) const = default;
  static constexpr auto schema =
      schema::record(
          "spawn_host",
          "Keep CPUs of the host busy until the step ends, as a noisy neighbour of the "
          "machine does; done again, it replaces its load. Verdicts know of it by what the "
          "machine's CPUs had to wait.",
          schema::Field{"workers", &SpawnHost::workers, "How many processes.",
                        schema::range(1, 256)},
          schema::Field{"load", &SpawnHost::load,
                        "The share of its time that each of them is busy.", schema::range(0.01, 1)})
          .written_as(schema::Shorthand::scalar)
          .for_example("{workers: 2, load: 50%}");
};

struct StopCgroup {
  std::string cgroup;
  bool operator==(const StopCgroup&) const = default;
  static constexpr auto schema =
      schema::record("stop_cgroup", "Stop a cgroup's workers and collect their reports.",
                     schema::Field{"cgroup", &StopCgroup::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("a");
};

struct MoveTasks {
  std::string from;
  std::string to;
  bool operator==(const MoveTasks&) const = default;
  static constexpr auto schema =
      schema::record("move_tasks", "Move every task of one cgroup to another.",
                     schema::Field{"from", &MoveTasks::from, "From where.", schema::required},
                     schema::Field{"to", &MoveTasks::to, "To where.", schema::required})
          .for_example("{from: a, to: b}");
};

struct SetAffinity {
  std::string cgroup;
  Affinity to;
  bool operator==(const SetAffinity&) const = default;
  static constexpr auto schema =
      schema::record("set_affinity", "Change the affinity of a cgroup's live workers.",
                     schema::Field{"cgroup", &SetAffinity::cgroup, "Whose.", schema::required},
                     schema::Field{"to", &SetAffinity::to, "The CPUs.", schema::required})
          .for_example("{cgroup: a, to: single}");
};

struct SetPolicy {
  std::string cgroup;
  Policy to;
  bool operator==(const SetPolicy&) const = default;
  static constexpr auto schema =
      schema::record("set_policy", "Change the scheduling policy of a cgroup's live workers.",
                     schema::Field{"cgroup", &SetPolicy::cgroup, "Whose.", schema::required},
                     schema::Field{"to", &SetPolicy::to, "The policy.", schema::required,
                                   schema::example("{rr: 5}")})
          .for_example("{cgroup: a, to: {rr: 5}}");
};

struct SetNice {
  std::string cgroup;
  Count to = 0;
  bool operator==(const SetNice&) const = default;
  static constexpr auto schema =
      schema::record(
          "set_nice", "Change the nice value of a cgroup's live workers.",
          schema::Field{"cgroup", &SetNice::cgroup, "Whose.", schema::required},
          schema::Field{"to", &SetNice::to, "The value.", schema::required, schema::range(-20, 19)})
          .for_example("{cgroup: a, to: 5}");
};

struct AttachScheduler {
  SchedulerUse scheduler;
  bool operator==(const AttachScheduler&) const = default;
  static constexpr auto schema =
      schema::record("attach_scheduler",
                     "Start a scheduler and wait until it is in charge; there must be none.",
                     schema::Field{"", &AttachScheduler::scheduler, "Which."})
          .written_as(schema::Shorthand::scalar)
          .for_example("simple");
};

struct DetachScheduler {
  bool operator==(const DetachScheduler&) const = default;
  static constexpr auto schema = schema::record(
      "detach_scheduler", "Stop the scheduler and wait until the kernel's own is in charge.");
};

struct RestartScheduler {
  bool operator==(const RestartScheduler&) const = default;
  static constexpr auto schema =
      schema::record("restart_scheduler",
                     "Stop the scheduler, if it is still there, and start it again as it was.");
};

struct ReplaceScheduler {
  SchedulerUse scheduler;
  bool operator==(const ReplaceScheduler&) const = default;
  static constexpr auto schema =
      schema::record("replace_scheduler", "Stop the scheduler, if there is one, and start another.",
                     schema::Field{"", &ReplaceScheduler::scheduler, "Which."})
          .written_as(schema::Shorthand::scalar)
          .for_example("{use: simple, args: [-v]}");
};

struct Hotplug {
  Count cpu = 1;
  bool online = false;
  bool operator==(const Hotplug&) const = default;
  static constexpr auto schema =
      schema::record(
          "hotplug", "Take a CPU away or give it back; at the end of the run all are back.",
          schema::Field{"cpu", &Hotplug::cpu, "Its number; the first CPU cannot go.",
                        schema::required, schema::range(1, 4095)},
          schema::Field{"online", &Hotplug::online, "Whether it shall be there.", schema::required})
          .for_example("{cpu: 1, online: false}");
};

struct Sysctl {
  std::string name;
  SysctlValue value;
  bool operator==(const Sysctl&) const = default;
  static constexpr auto schema =
      schema::record("sysctl", "Set a kernel parameter; at the end of the run it is what it was.",
                     schema::Field{"name", &Sysctl::name, "Its name, with dots.", schema::required,
                                   schema::example("kernel.sched_rt_runtime_us")},
                     schema::Field{"value", &Sysctl::value, "Its new value.", schema::required})
          .for_example("{name: kernel.sched_rt_runtime_us, value: 900000}");
};

struct Freeze {
  std::string cgroup;
  bool operator==(const Freeze&) const = default;
  static constexpr auto schema =
      schema::record("freeze", "Stop a cgroup's tasks where they are (`cgroup.freeze`).",
                     schema::Field{"cgroup", &Freeze::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("a");
};

struct Unfreeze {
  std::string cgroup;
  bool operator==(const Unfreeze&) const = default;
  static constexpr auto schema =
      schema::record("unfreeze", "Let a frozen cgroup go on.",
                     schema::Field{"cgroup", &Unfreeze::cgroup, "Which.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("a");
};

struct RunPayload {
  std::string payload;
  std::string cgroup;
  bool operator==(const RunPayload&) const = default;
  static constexpr auto schema =
      schema::record("run_payload",
                     "Start a payload in a cgroup; it runs until it ends or its step does.",
                     schema::Field{"payload", &RunPayload::payload, "Its name.", schema::required},
                     schema::Field{"cgroup", &RunPayload::cgroup, "Where.", schema::required})
          .for_example("{payload: fio, cgroup: a}");
};

struct WaitPayload {
  std::string payload;
  std::optional<Nanos> timeout;
  bool operator==(const WaitPayload&) const = default;
  static constexpr auto schema =
      schema::record("wait_payload", "Wait until a payload has ended, wherever it runs.",
                     schema::Field{"payload", &WaitPayload::payload, "Its name.", schema::required},
                     schema::Field{"timeout", &WaitPayload::timeout,
                                   "For how long; if it still runs then, the op has failed.",
                                   schema::range(1ms, 24h)})
          .written_as(schema::Shorthand::scalar)
          .for_example("{payload: fio, timeout: 20s}");
};

struct KillPayload {
  std::string payload;
  bool operator==(const KillPayload&) const = default;
  static constexpr auto schema =
      schema::record("kill_payload",
                     "End a payload, wherever it runs: by SIGTERM and, two seconds later, SIGKILL.",
                     schema::Field{"payload", &KillPayload::payload, "Its name.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("fio");
};

struct Mark {
  std::string name;
  bool operator==(const Mark&) const = default;
  static constexpr auto schema =
      schema::record("mark", "Put a named mark on the timeline.",
                     schema::Field{"name", &Mark::name, "Its name.", schema::required})
          .written_as(schema::Shorthand::scalar)
          .for_example("load_begins");
};

struct Sleep {
  Nanos duration{0};
  bool operator==(const Sleep&) const = default;
  static constexpr auto schema =
      schema::record("sleep", "Wait before the next op.",
                     schema::Field{"duration", &Sleep::duration, "How long.", schema::required,
                                   schema::range(0s, 1h)})
          .written_as(schema::Shorthand::scalar)
          .for_example("50ms");
};

using Op = std::variant<AddCgroup, RemoveCgroup, DefineCgroup, SetCpuset, ClearCpuset, SwapCpusets,
                        SetCpu, SetMemory, Spawn, SpawnHost, StopCgroup, MoveTasks, SetAffinity,
                        SetPolicy, SetNice, AttachScheduler, DetachScheduler, RestartScheduler,
                        ReplaceScheduler, Hotplug, Sysctl, Freeze, Unfreeze, RunPayload,
                        WaitPayload, KillPayload, Mark, Sleep>;

/// The word a file uses for it.
std::string_view name_of(const Op& op);

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Op>{
    "op", "One action, done in order."};
