// SPDX-License-Identifier: GPL-2.0-only
// Work: what a worker does. To add a type, describe its struct in work/<family>.h, name it here,
// and the compiler asks for guest/work/<name>.cc. What is particular about a type it says by member
// functions, asked for below: `group_size()`, `pause()`.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "ir/work/churn.h"
#include "ir/work/cpu.h"
#include "ir/work/fan.h"
#include "ir/work/memory.h"
#include "ir/work/process.h"
#include "ir/work/wake.h"

namespace ktstr::ir {

using Work = std::variant<Spin, YieldHeavy, Mixed, Bursty, PipeIo, FutexPingPong, WakeChain,
                          ThunderingHerd, IdleChurn, AffinityChurn, CachePressure, ForkExit>;

/// The word a file uses for it.
std::string_view name_of(const Work& work);

// What follows is of work whose numbers are resolved.

/// How many workers act together; a group's workers must be a multiple of it. 1 for most types.
std::uint32_t group_size(const Work& work);

/// The longest that a worker pauses on purpose in an iteration.
Nanos pause_of(const Work& work);

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Work>{
    "work", "What a worker does, over and over until its step ends."};
