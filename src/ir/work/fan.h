// SPDX-License-Identifier: GPL-2.0-only
// Work in which one worker wakes many.
#pragma once

#include <optional>

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct ThunderingHerd {
  Count waiters = 7;
  std::optional<Count> batches;
  Nanos inter_batch = 5ms;
  [[nodiscard]] std::uint32_t group_size() const { return natural(waiters) + 1; }
  [[nodiscard]] Nanos pause() const { return inter_batch; }
  bool operator==(const ThunderingHerd&) const = default;
  static constexpr auto schema = schema::record(
      "thundering_herd",
      "Groups of a waker, which sleeps and then wakes all the others at once, and of waiters on "
      "one futex word. One iteration is one batch, or one wake-up of a waiter; wake_latency of a "
      "waiter is from the batch, that of the waker from the end of its sleep. The waker is the "
      "first worker of a group.",
      schema::Field{"waiters", &ThunderingHerd::waiters, "Waiters in a group.",
                    schema::range(1, 4095)},
      schema::Field{"batches", &ThunderingHerd::batches,
                    "Batches after which the group rests until it is stopped; none by default.",
                    schema::range(1, 1e9)},
      schema::Field{"inter_batch", &ThunderingHerd::inter_batch, "From one batch to the next.",
                    schema::range(1us, 60s)});
};

}  // namespace ktstr::ir
