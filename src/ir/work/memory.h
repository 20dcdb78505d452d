// SPDX-License-Identifier: GPL-2.0-only
// Work that is about memory.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct CachePressure {
  Bytes size = 32_KiB;
  Count stride = 64;
  bool operator==(const CachePressure&) const = default;
  static constexpr auto schema = schema::record(
      "cache_pressure",
      "Read, change and write back a buffer in strides. One iteration is 1024 accesses, a unit is "
      "one of them.",
      schema::Field{"size", &CachePressure::size, "The buffer of each worker.",
                    schema::range(1_KiB, 1_GiB)},
      schema::Field{"stride", &CachePressure::stride, "Bytes from one access to the next.",
                    schema::range(1, 1e6)});
};

struct CacheYield {
  Bytes size = 32_KiB;
  Count stride = 64;
  bool operator==(const CacheYield&) const = default;
  static constexpr auto schema = schema::record(
      "cache_yield",
      "What cache_pressure does, and a sched_yield after every iteration: others come between the "
      "worker and its cache.",
      schema::Field{"size", &CacheYield::size, "The buffer of each worker.",
                    schema::range(1_KiB, 1_GiB)},
      schema::Field{"stride", &CacheYield::stride, "Bytes from one access to the next.",
                    schema::range(1, 1e6)});
};

}  // namespace ktstr::ir
