// SPDX-License-Identifier: GPL-2.0-only
// Scenario: one document of the scenario language.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/check.h"
#include "ir/claim.h"
#include "ir/disk.h"
#include "ir/gauntlet.h"
#include "ir/guest_file.h"
#include "ir/payload.h"
#include "ir/scheduler.h"
#include "ir/step.h"

namespace ktstr::ir {

struct KernelNeeds {
  std::optional<std::string> min;
  std::optional<std::string> max;
  std::vector<std::string> require;

  bool operator==(const KernelNeeds&) const = default;
  static constexpr auto schema = schema::record(
      "kernel", "Kernels the scenario makes sense on; on others it is skipped.",
      schema::Field{"min", &KernelNeeds::min, "The oldest release.", schema::example("6.12")},
      schema::Field{"max", &KernelNeeds::max, "The newest release.", schema::example("7.3")},
      schema::Field{"require", &KernelNeeds::require, "Options that must be set.",
                    schema::example("[CONFIG_CFS_BANDWIDTH]")});
};

struct Scenario {
  std::string name;
  std::string about;
  std::vector<std::string> tags;
  std::optional<TopologySpec> topology;
  std::optional<Bytes> memory;
  std::optional<Disk> disk;
  KernelNeeds kernel;
  Requirements require;
  std::vector<std::string> kargs;
  std::map<std::string, SysctlValue> sysctls;
  std::vector<FileSpec> files;
  std::string cgroup_root;
  Nanos duration = 5s;
  std::optional<Nanos> timeout;
  std::optional<Nanos> watchdog;
  Nanos settle{0};
  Nanos sample_every = 100ms;
  std::optional<std::uint64_t> seed;
  std::map<std::string, Number> vars;
  Count workers = 2;
  std::vector<Scheduler> schedulers;
  std::optional<SchedulerUse> scheduler;
  std::vector<Payload> payloads;
  std::vector<Cgroup> cgroups;
  Backdrop backdrop;
  std::vector<Step> steps;
  std::vector<Claim> claims;
  Checks checks;
  std::optional<Expect> expect;
  Gauntlet gauntlet;
  bool allow_inconclusive = false;
  bool performance = false;

  bool operator==(const Scenario&) const = default;
  static constexpr auto schema = schema::record(
      "scenario", "What a scheduler is put through, and what must hold of it.",
      schema::Field{"name", &Scenario::name, "Its name; the file's stem by default."},
      schema::Field{"about", &Scenario::about, "What it is for, in a sentence."},
      schema::Field{"tags", &Scenario::tags, "Words to choose it by: `--tag WORD`.",
                    schema::example("[slow, numa]")},
      schema::Field{"topology", &Scenario::topology,
                    "The machine; its scheduler's or else `1n1l2c1t` by default: nodes, LLCs in "
                    "total, cores per LLC, threads per core.",
                    schema::example("1n2l4c1t")},
      schema::Field{"memory", &Scenario::memory, "The machine's memory in total.",
                    schema::range(256_MiB, 1024_GiB)},
      schema::Field{"disk", &Scenario::disk,
                    "The machine's disk, for work on storage; without one that is done on a "
                    "temporary file in memory."},
      schema::Field{"kernel", &Scenario::kernel, "Kernels it makes sense on."},
      schema::Field{"require", &Scenario::require,
                    "Machines and hosts it makes sense on; elsewhere it is skipped.",
                    schema::example("{topology: {min_llcs: 2}, host: {accelerator: kvm}}")},
      schema::Field{"kargs", &Scenario::kargs, "Words for the kernel's command line.",
                    schema::example("[\"psi=1\"]")},
      schema::Field{"sysctls", &Scenario::sysctls,
                    "Kernel parameters, set before anything else is done.",
                    schema::example("{kernel.sched_rt_runtime_us: -1}")},
      schema::Field{"files", &Scenario::files, "Files that are put into the guest."},
      schema::Field{"cgroup_root", &Scenario::cgroup_root,
                    "The cgroup that all others are made in; that of the machine by default.",
                    schema::example("workload.slice")},
      schema::Field{"duration", &Scenario::duration, "How long the run lasts.",
                    schema::range(10ms, 24h)},
      schema::Field{"timeout", &Scenario::timeout,
                    "The longest that executing the steps may take on the wall clock; by default "
                    "twice the duration and 30 s.",
                    schema::range(100ms, 48h)},
      schema::Field{"watchdog", &Scenario::watchdog,
                    "How long a task may be runnable without running before the kernel ejects "
                    "the scheduler; told to those that have `watchdog_args`.",
                    schema::range(100ms, 30s)},
      schema::Field{"settle", &Scenario::settle,
                    "How long new workers run before a step's measurement starts.",
                    schema::range(0s, 1h)},
      schema::Field{"sample_every", &Scenario::sample_every, "The distance of samples.",
                    schema::range(10ms, 10s)},
      schema::Field{"seed", &Scenario::seed,
                    "The seed of everything random; made from the case's id by default."},
      schema::Field{"vars", &Scenario::vars, "Numbers for its expressions, by name.",
                    schema::example("{pairs: cpus / 2}")},
      schema::Field{"workers", &Scenario::workers, "Workers of a group that does not say.",
                    schema::range(0, 4096)},
      schema::Field{"schedulers", &Scenario::schedulers, "Definitions of schedulers."},
      schema::Field{"scheduler", &Scenario::scheduler,
                    "The scheduler it runs under, attached before any worker starts; the kernel's "
                    "own by default.",
                    schema::example("{use: simple, flags: [fifo]}")},
      schema::Field{"payloads", &Scenario::payloads, "Programs that it can run."},
      schema::Field{"cgroups", &Scenario::cgroups,
                    "Without `steps`: the cgroups of one step that holds for the whole duration."},
      schema::Field{"backdrop", &Scenario::backdrop, "What lives for the whole run."},
      schema::Field{"steps", &Scenario::steps, "The parts of the run, one after the other."},
      schema::Field{"claims", &Scenario::claims, "What must hold."},
      schema::Field{"checks", &Scenario::checks, "Claims that come without being written."},
      schema::Field{"expect", &Scenario::expect, "A failure that must occur."},
      schema::Field{"gauntlet", &Scenario::gauntlet, "What `--gauntlet` may vary."},
      schema::Field{"allow_inconclusive", &Scenario::allow_inconclusive,
                    "Count an inconclusive verdict as a pass."},
      schema::Field{"performance", &Scenario::performance,
                    "Give the machine CPUs and memory of the host to itself: every vCPU its own, "
                    "LLC by LLC. Skipped where the host is too small."});
};

}  // namespace ktstr::ir
