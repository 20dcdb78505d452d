// SPDX-License-Identifier: GPL-2.0-only
// Work that is about time on CPU.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct Spin {
  bool operator==(const Spin&) const = default;
  static constexpr auto schema =
      schema::record("spin", "Burn CPU without ever giving it up. One iteration is 1024 units.");
};

struct YieldHeavy {
  bool operator==(const YieldHeavy&) const = default;
  static constexpr auto schema = schema::record(
      "yield_heavy",
      "Call sched_yield after every unit of work: mostly scheduling. One iteration is one yield.");
};

struct Mixed {
  bool operator==(const Mixed&) const = default;
  static constexpr auto schema = schema::record(
      "mixed", "Spin for 1024 units, then yield, and again. One iteration is one yield.");
};

struct Bursty {
  Nanos burst = 50ms;
  Nanos sleep = 100ms;
  [[nodiscard]] Nanos pause() const { return sleep; }
  bool operator==(const Bursty&) const = default;
  static constexpr auto schema = schema::record(
      "bursty",
      "Run for `burst`, then sleep for `sleep`. One iteration is one burst; wake_latency is how "
      "much longer than asked the sleep took.",
      schema::Field{"burst", &Bursty::burst, "Time on CPU per cycle.", schema::range(1us, 60s)},
      schema::Field{"sleep", &Bursty::sleep, "Time asleep per cycle.", schema::range(1us, 60s)});
};

}  // namespace ktstr::ir
