// SPDX-License-Identifier: GPL-2.0-only
// Work that is about waking and being woken.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct PipeIo {
  static constexpr std::uint32_t group_size = 2;
  Count burst_iters = 1024;
  bool operator==(const PipeIo&) const = default;
  static constexpr auto schema = schema::record(
      "pipe_io",
      "Pairs that spin, write a byte to the partner's pipe and wait for one of their own.",
      schema::Field{"burst_iters", &PipeIo::burst_iters, "Units of spinning per exchange.",
                    schema::range(0, 1e9)});
};

struct FutexPingPong {
  static constexpr std::uint32_t group_size = 2;
  Count spin_iters = 1024;
  bool operator==(const FutexPingPong&) const = default;
  static constexpr auto schema =
      schema::record("futex_ping_pong", "Pairs that take turns on one futex word.",
                     schema::Field{"spin_iters", &FutexPingPong::spin_iters,
                                   "Units of spinning per turn.", schema::range(0, 1e9)});
};

}  // namespace ktstr::ir
