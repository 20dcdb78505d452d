// SPDX-License-Identifier: GPL-2.0-only
// Work that is about storage. It is done on the machine's disk where the scenario has one, else on
// a temporary file, which never blocks.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct IoSyncWrite {
  bool operator==(const IoSyncWrite&) const = default;
  static constexpr auto schema = schema::record(
      "io_sync_write",
      "Write 16 blocks of 4 KiB with O_SYNC, then call fdatasync: one iteration, 16 units. Each "
      "write is a request of `request_latency`.");
};

struct IoRandRead {
  bool operator==(const IoRandRead&) const = default;
  static constexpr auto schema =
      schema::record("io_rand_read",
                     "Read a block of 4 KiB somewhere, past the page cache: one iteration, one "
                     "unit, one request of `request_latency`.");
};

struct IoConvoy {
  bool operator==(const IoConvoy&) const = default;
  static constexpr auto schema =
      schema::record("io_convoy",
                     "Past the page cache, write the next block of 4 KiB, then read one somewhere: "
                     "one iteration, two units, two requests of `request_latency`. After every 8 "
                     "iterations call fdatasync.");
};

}  // namespace ktstr::ir
