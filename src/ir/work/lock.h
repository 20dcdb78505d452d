// SPDX-License-Identifier: GPL-2.0-only
// Work that is about a lock that only one can hold.
#pragma once

#include <optional>

#include "ir/policy.h"

namespace ktstr::ir {

struct MutexContention {
  Count contenders = 4;
  Count hold_iters = 256;
  Count work_iters = 1024;
  [[nodiscard]] std::uint32_t group_size() const { return natural(contenders); }
  bool operator==(const MutexContention&) const = default;
  static constexpr auto schema = schema::record(
      "mutex_contention",
      "Groups that contend for one lock: spin, take it, spin while holding it, release it. One "
      "iteration is one holding of the lock; where it had to be waited for, lock_wait is the wait "
      "and wake_latency the part of it after the last release.",
      schema::Field{"contenders", &MutexContention::contenders, "The workers of a group.",
                    schema::range(1, 4096)},
      schema::Field{"hold_iters", &MutexContention::hold_iters, "Units of spinning with the lock.",
                    schema::range(0, 1e9)},
      schema::Field{"work_iters", &MutexContention::work_iters,
                    "Units of spinning without the lock.", schema::range(0, 1e9)});
};

/// Whether the holder of a lock runs with the priority of who waits for it.
enum class PiMode { plain, pi };

struct PriorityInversion {
  static constexpr std::uint32_t high_priority = 30;
  static constexpr std::uint32_t medium_priority = 20;
  static constexpr std::uint32_t low_priority = 10;

  enum class Tier { high, medium, low };

  Count high = 1;
  Count medium = 1;
  Count low = 1;
  Count hold_iters = 4096;
  Count work_iters = 1024;
  PiMode pi_mode = PiMode::plain;
  Nanos rest = 1ms;
  [[nodiscard]] std::uint32_t group_size() const {
    return natural(high) + natural(medium) + natural(low);
  }
  [[nodiscard]] Tier tier(std::size_t member) const {
    if (member < natural(high)) return Tier::high;
    return member < natural(high) + natural(medium) ? Tier::medium : Tier::low;
  }
  [[nodiscard]] std::optional<Policy> policy_of(std::size_t member) const {
    constexpr std::uint32_t priorities[] = {high_priority, medium_priority, low_priority};
    return FifoPolicy{priorities[static_cast<std::size_t>(tier(member))]};
  }
  [[nodiscard]] Nanos round_time() const { return rest; }
  bool operator==(const PriorityInversion&) const = default;
  static constexpr auto schema = schema::record(
      "priority_inversion",
      "Groups of three tiers under SCHED_FIFO: high (priority 30) and low (10) share a lock, "
      "medium (20) does not use it but keeps the low ones from running while they hold it. Each "
      "sleeps, then spins for `work_iters`, then for `hold_iters`, the medium ones without the "
      "lock. One iteration is one such round; where the lock had to be waited for, lock_wait is "
      "the wait. wake_latency is how much longer than asked the sleep took, and the part of a wait "
      "after the last release. The first workers of a group are its high ones, then come the "
      "medium ones.",
      schema::Field{"high", &PriorityInversion::high, "Workers of high priority in a group.",
                    schema::range(1, 512)},
      schema::Field{"medium", &PriorityInversion::medium, "Workers of medium priority in a group.",
                    schema::range(0, 512)},
      schema::Field{"low", &PriorityInversion::low, "Workers of low priority in a group.",
                    schema::range(1, 512)},
      schema::Field{"hold_iters", &PriorityInversion::hold_iters,
                    "Units of spinning with the lock.", schema::range(0, 1e9)},
      schema::Field{"work_iters", &PriorityInversion::work_iters,
                    "Units of spinning without the lock.", schema::range(0, 1e9)},
      schema::Field{"pi_mode", &PriorityInversion::pi_mode, "What kind of lock it is."},
      schema::Field{"rest", &PriorityInversion::rest, "How long each sleeps between its rounds.",
                    schema::range(1us, 60s)});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::PiMode> =
    std::array{ktstr::schema::Word{"plain", "A futex that knows nothing of priorities."},
               ktstr::schema::Word{"pi", "A futex with priority inheritance."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::PiMode>{
    "pi_mode", "Whether the holder of a lock inherits the priority of who waits for it."};
