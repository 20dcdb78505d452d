// SPDX-License-Identifier: GPL-2.0-only
// Work that is about being woken: by a partner, by a timer, by a signal.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct PipeIo {
  static constexpr std::uint32_t group_size() { return 2; }
  Count burst_iters = 1024;
  bool operator==(const PipeIo&) const = default;
  static constexpr auto schema = schema::record(
      "pipe_io",
      "Pairs that spin, write a byte to the partner's pipe and wait for one of their own. One "
      "iteration is one exchange; wake_latency is from the partner's write.",
      schema::Field{"burst_iters", &PipeIo::burst_iters, "Units of spinning per exchange.",
                    schema::range(0, 1e9)});
};

struct FutexPingPong {
  static constexpr std::uint32_t group_size() { return 2; }
  Count spin_iters = 1024;
  bool operator==(const FutexPingPong&) const = default;
  static constexpr auto schema = schema::record(
      "futex_ping_pong",
      "Pairs that take turns, waking each other by futex. One iteration is one turn; wake_latency "
      "is from the end of the partner's turn.",
      schema::Field{"spin_iters", &FutexPingPong::spin_iters, "Units of spinning per turn.",
                    schema::range(0, 1e9)});
};

/// What the members of a chain wake each other by.
enum class ChainWake { pipe, futex };

struct WakeChain {
  Count depth = 4;
  ChainWake wake = ChainWake::pipe;
  Nanos work_per_hop = 100us;
  [[nodiscard]] std::uint32_t group_size() const { return natural(depth); }
  [[nodiscard]] Nanos pause() const { return depth.get() * work_per_hop; }
  bool operator==(const WakeChain&) const = default;
  static constexpr auto schema = schema::record(
      "wake_chain",
      "Rings of workers that pass on one token: wait for it, spin, wake the next. One iteration is "
      "one hop, and only who has the token runs; hop_latency is from the waker's passing it on.",
      schema::Field{"depth", &WakeChain::depth, "The workers of a ring.", schema::range(2, 4096)},
      schema::Field{"wake", &WakeChain::wake, "What they wake each other by."},
      schema::Field{"work_per_hop", &WakeChain::work_per_hop, "How long each has the token.",
                    schema::range(1us, 1s)});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::ChainWake> =
    std::array{ktstr::schema::Word{"pipe", "A byte in the next one's pipe."},
               ktstr::schema::Word{"futex", "The next one's futex word."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::ChainWake>{
    "chain_wake", "What the workers of a chain wake each other by."};
