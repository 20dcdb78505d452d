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

struct PageFaultChurn {
  Bytes region = 4096_KiB;
  Count touches = 256;
  Count spin_iters = 64;
  bool operator==(const PageFaultChurn&) const = default;
  static constexpr auto schema = schema::record(
      "page_fault_churn",
      "Touch random pages of memory that is not there, give it all back, then spin: one iteration. "
      "A unit is a page that was touched for the first time, which is a page fault.",
      schema::Field{"region", &PageFaultChurn::region, "The memory of each worker.",
                    schema::range(4_KiB, 1_GiB)},
      schema::Field{"touches", &PageFaultChurn::touches, "Pages touched per iteration.",
                    schema::range(1, 1e6)},
      schema::Field{"spin_iters", &PageFaultChurn::spin_iters,
                    "Spinning per iteration, in units of `spin`.", schema::range(0, 1e9)});
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
