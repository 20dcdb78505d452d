// SPDX-License-Identifier: GPL-2.0-only
// Work that keeps changing what the scheduler knows of it: whether it can run, where it may, and
// how it is to be treated.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct IdleChurn {
  Nanos burst = 1ms;
  Nanos sleep = 5ms;
  bool precise_timing = false;
  [[nodiscard]] Nanos round_time() const { return burst + sleep; }
  bool operator==(const IdleChurn&) const = default;
  static constexpr auto schema = schema::record(
      "idle_churn",
      "Short bursts and short sleeps, so that the CPU keeps going idle and coming back. One "
      "iteration is one burst; wake_latency is how much longer than asked the sleep took.",
      schema::Field{"burst", &IdleChurn::burst, "Time on CPU per cycle.", schema::range(1us, 60s)},
      schema::Field{"sleep", &IdleChurn::sleep, "Time asleep per cycle.", schema::range(1us, 60s)},
      schema::Field{"precise_timing", &IdleChurn::precise_timing,
                    "Sleeps end as exactly as the kernel can; otherwise it may let them end up to "
                    "50 µs late, as it does by default."});
};

struct AffinityChurn {
  Count spin_iters = 1024;
  bool operator==(const AffinityChurn&) const = default;
  static constexpr auto schema = schema::record(
      "affinity_churn",
      "Spin, bind itself to another of its CPUs drawn at random, yield. One iteration is one such "
      "move, so with two CPUs or more every iteration is a migration. Its CPUs are those it may "
      "use when it starts, or others if its cpuset leaves none of them.",
      schema::Field{"spin_iters", &AffinityChurn::spin_iters, "Units of spinning per iteration.",
                    schema::range(0, 1e9)});
};

struct CrossAffinityChurn {
  Count siblings = 1;
  Count spin_iters = 1024;
  [[nodiscard]] std::uint32_t group_size() const { return natural(siblings) + 1; }
  bool operator==(const CrossAffinityChurn&) const = default;
  static constexpr auto schema = schema::record(
      "cross_affinity_churn",
      "Groups whose workers bind each other: spin, bind one of the others to one CPU drawn at "
      "random, yield. One iteration is one such binding. The CPUs are all that the cpuset allows; "
      "`affinity` does not last.",
      schema::Field{"siblings", &CrossAffinityChurn::siblings,
                    "The others of a worker; it is of a group of one more.",
                    schema::range(1, 1023)},
      schema::Field{"spin_iters", &CrossAffinityChurn::spin_iters,
                    "Units of spinning per iteration.", schema::range(0, 1e9)});
};

struct PolicyChurn {
  Count spin_iters = 1024;
  bool operator==(const PolicyChurn&) const = default;
  static constexpr auto schema = schema::record(
      "policy_churn",
      "Spin, take the next of the policies normal, batch, idle, fifo and rr (priority 1, where "
      "real-time is permitted), yield. One iteration is one change of policy. `policy` lasts until "
      "the first.",
      schema::Field{"spin_iters", &PolicyChurn::spin_iters, "Units of spinning per iteration.",
                    schema::range(0, 1e9)});
};

struct NiceSweep {
  bool operator==(const NiceSweep&) const = default;
  static constexpr auto schema = schema::record(
      "nice_sweep",
      "Spin for 512 units, take the next nice value of -20 to 19, beginning again after 19 (from 0 "
      "where it may not lower them), yield. One iteration is one change. `nice` lasts until the "
      "first.");
};

}  // namespace ktstr::ir
