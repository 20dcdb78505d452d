// SPDX-License-Identifier: GPL-2.0-only
// Work that moves tasks between cgroups. Init nests cgroups `nest_0`, `nest_1`, … with the cpu
// controller in the workers' own and starts the workers there, so that whatever limits the outer
// cgroup goes on to hold. A task cannot be in a cgroup that shares CPU time out among nested ones:
// such work has a cgroup for itself.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct CgroupChurn {
  static constexpr bool needs_process = true;
  Count groups = 2;
  Nanos cycle = 100ms;
  bool operator==(const CgroupChurn&) const = default;
  static constexpr auto schema = schema::record(
      "cgroup_churn",
      "Spin, and each cycle move itself to the next of several cgroups, which are nested in its "
      "own: an iteration is a move.",
      schema::Field{"groups", &CgroupChurn::groups, "How many.", schema::range(2, 64)},
      schema::Field{"cycle", &CgroupChurn::cycle, "How long it stays in one.",
                    schema::range(1ms, 1min)});
  [[nodiscard]] Count nests() const { return groups; }
  [[nodiscard]] Nanos round_time() const { return cycle; }
};

enum class Reap { waited, automatic };

struct CgroupAttachStorm {
  static constexpr bool needs_process = true;
  Reap reap = Reap::waited;
  bool operator==(const CgroupAttachStorm&) const = default;
  static constexpr auto schema = schema::record(
      "cgroup_attach_storm",
      "Fork a child that exits at once, and meanwhile move it to a sibling cgroup: an iteration is "
      "a child, a unit one that the kernel took there, perhaps as it was exiting.",
      schema::Field{"reap", &CgroupAttachStorm::reap, "What becomes of the children."});
  [[nodiscard]] static Count nests() { return 2; }
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Reap> = std::array{
    ktstr::schema::Word{"waited", "The worker waits for each."},
    ktstr::schema::Word{"automatic", "The kernel removes them as they exit (SIGCHLD is ignored)."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Reap>{
    "reap", "What becomes of children that exit."};
