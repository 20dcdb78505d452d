// SPDX-License-Identifier: GPL-2.0-only
// Work whose workers meet across scheduling classes. Each type says which policy a member of its
// group has; the group's own `policy` is for those whom the type leaves free.
#pragma once

#include <optional>

#include "ir/policy.h"

namespace ktstr::ir {

struct RtStarvation {
  Count rt_workers = 1;
  Count cfs_workers = 1;
  Count rt_priority = 50;
  Count burst_iters = 1024;
  [[nodiscard]] std::uint32_t group_size() const {
    return natural(rt_workers) + natural(cfs_workers);
  }
  [[nodiscard]] std::optional<Policy> policy_of(std::size_t member) const {
    if (member < natural(rt_workers)) return FifoPolicy{rt_priority};
    return std::nullopt;
  }
  bool operator==(const RtStarvation&) const = default;
  static constexpr auto schema = schema::record(
      "rt_starvation",
      "Groups of workers under SCHED_FIFO, which spin and never give up their CPU, and others that "
      "spin under the policy of the group and get what the kernel leaves them. One iteration is "
      "one burst. The real-time workers are the first of a group.",
      schema::Field{"rt_workers", &RtStarvation::rt_workers, "Real-time workers in a group.",
                    schema::range(1, 512)},
      schema::Field{"cfs_workers", &RtStarvation::cfs_workers, "Other workers in a group.",
                    schema::range(1, 512)},
      schema::Field{"rt_priority", &RtStarvation::rt_priority, "Real-time priority.",
                    schema::range(1, 98)},
      schema::Field{"burst_iters", &RtStarvation::burst_iters, "Units of spinning in a burst.",
                    schema::range(1, 1e9)});
};

struct PreemptStorm {
  static constexpr std::uint32_t rt_priority = 50;

  Count cfs_workers = 2;
  Count rt_burst_iters = 1024;
  Nanos rt_sleep = 1ms;
  [[nodiscard]] std::uint32_t group_size() const { return natural(cfs_workers) + 1; }
  [[nodiscard]] std::optional<Policy> policy_of(std::size_t member) const {
    if (member == 0) return FifoPolicy{rt_priority};
    return std::nullopt;
  }
  [[nodiscard]] Nanos round_time() const { return rt_sleep; }
  bool operator==(const PreemptStorm&) const = default;
  static constexpr auto schema = schema::record(
      "preempt_storm",
      "Groups of one worker under SCHED_FIFO (priority 50), which sleeps and then preempts one of "
      "the others for a burst, and of workers that spin under the policy of the group. One "
      "iteration is one burst, or 1024 units of spinning; wake_latency is how much longer than "
      "asked the sleep took. The real-time worker is the first of a group.",
      schema::Field{"cfs_workers", &PreemptStorm::cfs_workers, "Workers that spin, in a group.",
                    schema::range(1, 1023)},
      schema::Field{"rt_burst_iters", &PreemptStorm::rt_burst_iters,
                    "Units of spinning in a real-time burst.", schema::range(0, 1e9)},
      schema::Field{"rt_sleep", &PreemptStorm::rt_sleep,
                    "How long the real-time worker sleeps between its bursts.",
                    schema::range(1us, 60s)});
};

struct AsymmetricWaker {
  std::optional<Policy> waker;
  std::optional<Policy> wakee;
  Count burst_iters = 1024;
  static constexpr std::uint32_t group_size() { return 2; }
  [[nodiscard]] std::optional<Policy> policy_of(std::size_t member) const {
    return member == 0 ? waker : wakee;
  }
  bool operator==(const AsymmetricWaker&) const = default;
  static constexpr auto schema = schema::record(
      "asymmetric_waker",
      "Pairs of different scheduling policies that take turns as in futex_ping_pong. One iteration "
      "is one turn; wake_latency is from the end of the partner's turn, that of the first worker "
      "of a pair being how it is woken by the second.",
      schema::Field{"waker", &AsymmetricWaker::waker,
                    "The policy of the first worker of a pair; that of the group by default."},
      schema::Field{"wakee", &AsymmetricWaker::wakee,
                    "The policy of the second; that of the group by default."},
      schema::Field{"burst_iters", &AsymmetricWaker::burst_iters, "Units of spinning per turn.",
                    schema::range(0, 1e9)});
};

}  // namespace ktstr::ir
