// SPDX-License-Identifier: GPL-2.0-only
// Work: what a worker does. To add a type, describe its struct in work/<family>.h, name it here,
// and the compiler asks for guest/work/<name>.cc. What is particular about a type it says by
// members, asked for below: `needs_network`, `needs_process`, `has_threads`, `nests()`,
// `group_size()`, `policy_of(member)`, `round_time()`, `flaw()`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "ir/policy.h"
#include "ir/work/bench.h"
#include "ir/work/cgroup.h"
#include "ir/work/churn.h"
#include "ir/work/cpu.h"
#include "ir/work/fan.h"
#include "ir/work/io.h"
#include "ir/work/lock.h"
#include "ir/work/memory.h"
#include "ir/work/net.h"
#include "ir/work/numa.h"
#include "ir/work/process.h"
#include "ir/work/program.h"
#include "ir/work/realtime.h"
#include "ir/work/sequence.h"
#include "ir/work/wake.h"

namespace ktstr::ir {

using Work =
    std::variant<Spin, YieldHeavy, Mixed, Bursty, Sequence, PipeIo, FutexPingPong, WakeChain,
                 TimerLatency, SignalStorm, FutexFanOut, FanOutCompute, ThunderingHerd, EpollStorm,
                 ProducerConsumerImbalance, MutexContention, PriorityInversion, RtStarvation,
                 PreemptStorm, AsymmetricWaker, IdleChurn, AffinityChurn, CrossAffinityChurn,
                 PolicyChurn, NiceSweep, CachePressure, CacheYield, CachePipe, AluHot,
                 SmtSiblingSpin, IpcVariance, ForkExit, PageFaultChurn, IoSyncWrite, IoRandRead,
                 IoConvoy, NumaWorkingSetSweep, NumaMigrationChurn, CgroupChurn, CgroupAttachStorm,
                 NetTraffic, IrqWake, Schbench, Taobench, ProgramWork>;

/// Whether it sends over the pair of network devices that init makes.
bool needs_network(const Work& work);

/// How many cgroups are to be nested in that of its workers, for them to start in; most types want
/// none.
std::optional<Count> nested_cgroups(const Work& work);

/// Whether a worker must be a process of its own, not a thread beside others.
bool needs_process(const Work& work);

/// Whether a worker has threads of its own, of which the kernel's counters of one say nothing.
bool has_threads(const Work& work);

/// The word a file uses for it.
std::string_view name_of(const Work& work);

// What follows is of work whose numbers are resolved.

/// How many workers act together; a group's workers must be a multiple of it. 1 for most types.
std::uint32_t group_size(const Work& work);

/// The policy that the type gives the member of this number among those that act together; nothing
/// where the work group's own holds.
std::optional<Policy> policy_of(const Work& work, std::size_t member);

/// How long an iteration takes because its parameters say so, however fast the CPU is.
Nanos round_time_of(const Work& work);

/// What is wrong with its parameters beyond the range of each; empty if nothing.
std::string_view flaw_of(const Work& work);

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Work>{
    "work", "What a worker does, over and over until its step ends."};
