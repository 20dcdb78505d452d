// SPDX-License-Identifier: GPL-2.0-only
// Work that is about creating and ending processes.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct ForkExit {
  bool operator==(const ForkExit&) const = default;
  static constexpr auto schema = schema::record(
      "fork_exit",
      "Fork a child that exits at once, and wait for it. One iteration is one child; "
      "wake_latency is from its exit.");
};

}  // namespace ktstr::ir
