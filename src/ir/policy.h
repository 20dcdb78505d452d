// SPDX-License-Identifier: GPL-2.0-only
// Scheduling policies of workers (sched(7)).
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct NormalPolicy {
  bool operator==(const NormalPolicy&) const = default;
  static constexpr auto schema = schema::record("normal", "SCHED_OTHER, what tasks have.");
};
struct BatchPolicy {
  bool operator==(const BatchPolicy&) const = default;
  static constexpr auto schema = schema::record("batch", "SCHED_BATCH.");
};
struct IdlePolicy {
  bool operator==(const IdlePolicy&) const = default;
  static constexpr auto schema = schema::record("idle", "SCHED_IDLE.");
};
struct ExtPolicy {
  bool operator==(const ExtPolicy&) const = default;
  static constexpr auto schema = schema::record(
      "ext", "SCHED_EXT: under the BPF scheduler also where it takes only a part of the tasks.");
};

struct FifoPolicy {
  Count priority = 1;
  bool operator==(const FifoPolicy&) const = default;
  static constexpr auto schema =
      schema::record("fifo", "SCHED_FIFO.",
                     schema::Field{"priority", &FifoPolicy::priority, "Real-time priority.",
                                   schema::required, schema::range(1, 98)})
          .written_as(schema::Shorthand::scalar);
};
struct RrPolicy {
  Count priority = 1;
  bool operator==(const RrPolicy&) const = default;
  static constexpr auto schema =
      schema::record("rr", "SCHED_RR.",
                     schema::Field{"priority", &RrPolicy::priority, "Real-time priority.",
                                   schema::required, schema::range(1, 98)})
          .written_as(schema::Shorthand::scalar);
};

/// sched(7): each period the task gets `runtime` of CPU time within `deadline` of its begin.
struct DeadlinePolicy {
  Nanos runtime{0};
  Nanos deadline{0};
  Nanos period{0};
  bool operator==(const DeadlinePolicy&) const = default;
  static constexpr auto schema = schema::record(
      "deadline",
      "SCHED_DEADLINE. `runtime` <= `deadline` <= `period`; the kernel admits no more than 95 % of "
      "the CPUs in all, and only workers that may use every CPU.",
      schema::Field{"runtime", &DeadlinePolicy::runtime, "CPU time in each period.",
                    schema::required, schema::range(2us, 4s)},
      schema::Field{"deadline", &DeadlinePolicy::deadline,
                    "From a period's begin until it has had its runtime.", schema::required,
                    schema::range(2us, 4s)},
      schema::Field{"period", &DeadlinePolicy::period, "From one begin to the next.",
                    schema::required, schema::range(100us, 4s)});
};

using Policy = std::variant<NormalPolicy, BatchPolicy, IdlePolicy, FifoPolicy, RrPolicy, ExtPolicy,
                            DeadlinePolicy>;

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::Policy>{
    "policy", "A scheduling policy."};
