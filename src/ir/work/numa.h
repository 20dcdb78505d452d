// SPDX-License-Identifier: GPL-2.0-only
// Work that moves between NUMA nodes, itself or its memory.
#pragma once

#include <vector>

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct NumaWorkingSetSweep {
  Bytes region = 4096_KiB;
  Nanos period = 100ms;
  std::vector<Count> nodes;
  bool operator==(const NumaWorkingSetSweep&) const = default;
  static constexpr auto schema = schema::record(
      "numa_working_set_sweep",
      "Read and write a region again and again, and each period move it to the next node (mbind). "
      "An iteration is a pass over the region, a unit a page of it.",
      schema::Field{"region", &NumaWorkingSetSweep::region, "The memory of each worker.",
                    schema::range(4_KiB, 1_GiB)},
      schema::Field{"period", &NumaWorkingSetSweep::period, "How long it stays on a node.",
                    schema::range(1ms, 1min)},
      schema::Field{"nodes", &NumaWorkingSetSweep::nodes,
                    "The nodes in turn; all that the cgroup may take memory from by default.",
                    schema::range(0, 1023), schema::example("[0, 1]")});
};

struct NumaMigrationChurn {
  Nanos period = 100ms;
  [[nodiscard]] Nanos round_time() const { return period; }
  bool operator==(const NumaMigrationChurn&) const = default;
  static constexpr auto schema = schema::record(
      "numa_migration_churn",
      "Spin, and each period bind itself to the CPUs of the next node: an iteration is a stay on a "
      "node. Nodes of which the cgroup allows no CPU are passed over.",
      schema::Field{"period", &NumaMigrationChurn::period, "How long it stays on a node.",
                    schema::range(1ms, 1min)});
};

}  // namespace ktstr::ir
