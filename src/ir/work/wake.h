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

struct CachePipe {
  static constexpr std::uint32_t group_size() { return 2; }
  Bytes size = 32_KiB;
  Count burst_iters = 1024;
  bool operator==(const CachePipe&) const = default;
  static constexpr auto schema = schema::record(
      "cache_pipe",
      "What pipe_io does, but instead of spinning it reads, changes and writes back a buffer. One "
      "iteration is one exchange, a unit is one access; wake_latency is from the partner's write.",
      schema::Field{"size", &CachePipe::size, "The buffer of each worker.",
                    schema::range(1_KiB, 1_GiB)},
      schema::Field{"burst_iters", &CachePipe::burst_iters,
                    "Accesses per exchange, 64 bytes from one to the next.",
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
  [[nodiscard]] Nanos round_time() const { return depth.get() * work_per_hop; }
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

struct TimerLatency {
  Nanos interval = 1ms;
  [[nodiscard]] Nanos round_time() const { return interval; }
  bool operator==(const TimerLatency&) const = default;
  static constexpr auto schema = schema::record(
      "timer_latency",
      "Sleep until the next of a row of absolute moments, as cyclictest does. One iteration is one "
      "waking: with missed_periods they are the run time divided by `interval`. timer_latency is "
      "from the moment itself.",
      schema::Field{"interval", &TimerLatency::interval, "From one moment to the next.",
                    schema::range(10us, 60s)});
};

struct SignalStorm {
  static constexpr std::uint32_t group_size() { return 2; }
  static constexpr bool needs_process = true;
  Count signals_per_iter = 16;
  Count work_iters = 1024;
  bool operator==(const SignalStorm&) const = default;
  static constexpr auto schema = schema::record(
      "signal_storm",
      "Pairs that spin and send each other SIGUSR2. One iteration is one burst of signals; those "
      "that a worker handled are counted by the metric signals.",
      schema::Field{"signals_per_iter", &SignalStorm::signals_per_iter, "Signals in a burst.",
                    schema::range(1, 1e6)},
      schema::Field{"work_iters", &SignalStorm::work_iters, "Units of spinning between bursts.",
                    schema::range(0, 1e9)});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::ChainWake> =
    std::array{ktstr::schema::Word{"pipe", "A byte in the next one's pipe."},
               ktstr::schema::Word{"futex", "The next one's futex word."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::ChainWake>{
    "chain_wake", "What the workers of a chain wake each other by."};
