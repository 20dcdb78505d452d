// SPDX-License-Identifier: GPL-2.0-only
// Work: what a worker does. To add a type, describe its struct in work/<family>.h, name it here,
// and the compiler asks for guest/work/<name>.cc. A type whose workers act in groups of a fixed
// size has a member `group_size`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "ir/work/bench.h"
#include "ir/work/cgroup.h"
#include "ir/work/cpu.h"
#include "ir/work/io.h"
#include "ir/work/memory.h"
#include "ir/work/net.h"
#include "ir/work/numa.h"
#include "ir/work/process.h"
#include "ir/work/program.h"
#include "ir/work/wake.h"

namespace ktstr::ir {

using Work = std::variant<Spin, YieldHeavy, Mixed, Bursty, PipeIo, FutexPingPong, CachePressure,
                          ForkExit, PageFaultChurn, IoSyncWrite, IoRandRead, IoConvoy,
                          NumaWorkingSetSweep, NumaMigrationChurn, CgroupChurn, CgroupAttachStorm,
                          NetTraffic, IrqWake, Schbench, Taobench, ProgramWork>;

/// The number that a group's workers must be a multiple of; 1 for most types.
std::uint32_t group_size(const Work& work);

/// Whether it sends over the pair of network devices that init makes.
bool needs_network(const Work& work);

/// How many cgroups are to be nested in that of its workers, for them to start in; most types want
/// none.
std::optional<Count> nested_cgroups(const Work& work);

/// The word a file uses for it.
std::string_view name_of(const Work& work);

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Work>{
    "work", "What a worker does, over and over until its step ends."};
