// SPDX-License-Identifier: GPL-2.0-only
// Work in which some workers serve others: one wakes many, or many feed a few.
#pragma once

#include <optional>

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct FutexFanOut {
  Count fan_out = 4;
  Count spin_iters = 1024;
  [[nodiscard]] std::uint32_t group_size() const { return natural(fan_out) + 1; }
  bool operator==(const FutexFanOut&) const = default;
  static constexpr auto schema = schema::record(
      "futex_fan_out",
      "Groups of a messenger, which spins and wakes all the others and never waits for them, and "
      "receivers, which do nothing but wait to be woken. One iteration is one message, or one "
      "wake-up of "
      "a receiver; wake_latency is from the message. The messenger is the first worker of a group.",
      schema::Field{"fan_out", &FutexFanOut::fan_out, "Receivers in a group.",
                    schema::range(1, 1023)},
      schema::Field{"spin_iters", &FutexFanOut::spin_iters,
                    "Units the messenger spins before a message; it spins another 256 after it.",
                    schema::range(0, 1e9)});
};

struct FanOutCompute {
  Count fan_out = 4;
  Bytes cache_footprint = 256_KiB;
  Count operations = 5;
  Nanos sleep = 100us;
  [[nodiscard]] std::uint32_t group_size() const { return natural(fan_out) + 1; }
  [[nodiscard]] Nanos round_time() const { return sleep; }
  bool operator==(const FanOutCompute&) const = default;
  static constexpr auto schema = schema::record(
      "fan_out_compute",
      "A fan-out as in futex_fan_out whose receivers do what a server does: woken, they sleep, as "
      "if for data, and multiply matrices. One iteration is one message, or one request served; "
      "wake_latency is from the message to the receiver's running, and how much longer than asked "
      "its sleep took; request_latency is from the message to its being done.",
      schema::Field{"fan_out", &FanOutCompute::fan_out, "Receivers in a group.",
                    schema::range(1, 1023)},
      schema::Field{"cache_footprint", &FanOutCompute::cache_footprint,
                    "The three square matrices of a receiver together.",
                    schema::range(1_KiB, 256_MiB)},
      schema::Field{"operations", &FanOutCompute::operations,
                    "Multiplications of the matrices in a request.", schema::range(1, 1e6)},
      schema::Field{"sleep", &FanOutCompute::sleep, "How long a receiver sleeps before them.",
                    schema::range(0s, 60s)});
};

struct ThunderingHerd {
  Count waiters = 7;
  std::optional<Count> batches;
  Nanos inter_batch = 5ms;
  [[nodiscard]] std::uint32_t group_size() const { return natural(waiters) + 1; }
  [[nodiscard]] Nanos round_time() const { return inter_batch; }
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

struct EpollStorm {
  Count producers = 1;
  Count consumers = 2;
  Count events_per_burst = 32;
  [[nodiscard]] std::uint32_t group_size() const { return natural(producers) + natural(consumers); }
  bool operator==(const EpollStorm&) const = default;
  static constexpr auto schema = schema::record(
      "epoll_storm",
      "Groups of producers, which post bursts of events to their eventfds and wait until these are "
      "taken, and consumers, all of whom wait for all eventfds by epoll_wait and take one event at "
      "a time. One iteration is one burst, or one event taken; wake_latency is from the burst, or "
      "from the taking of its last event. The producers are the first workers of a group.",
      schema::Field{"producers", &EpollStorm::producers, "Producers in a group.",
                    schema::range(1, 512)},
      schema::Field{"consumers", &EpollStorm::consumers, "Consumers in a group.",
                    schema::range(1, 512)},
      schema::Field{"events_per_burst", &EpollStorm::events_per_burst, "Events in a burst.",
                    schema::range(1, 1e6)});
};

struct ProducerConsumerImbalance {
  /// What the memory that a group shares has room for.
  static constexpr std::uint32_t deepest_queue = 4096;

  Count producers = 2;
  Count consumers = 1;
  Nanos interval = 1ms;
  Count consume_iters = 4096;
  Count queue_depth = 1024;
  [[nodiscard]] std::uint32_t group_size() const { return natural(producers) + natural(consumers); }
  [[nodiscard]] Nanos round_time() const { return interval; }
  bool operator==(const ProducerConsumerImbalance&) const = default;
  static constexpr auto schema = schema::record(
      "producer_consumer_imbalance",
      "Groups of producers, which put an item into a queue in every interval and wait while it is "
      "full, and consumers, which wait while it is empty and spin for each item. One iteration is "
      "one item put or consumed; request_latency is from putting an item to its having been "
      "consumed, wake_latency from the end of a sleep, from the item that ended a wait for one, or "
      "from the taking of the one that made room. The queue has a lock; lock_wait is the wait for "
      "it where another has it. The producers are the first workers of a group.",
      schema::Field{"producers", &ProducerConsumerImbalance::producers, "Producers in a group.",
                    schema::range(1, 512)},
      schema::Field{"consumers", &ProducerConsumerImbalance::consumers, "Consumers in a group.",
                    schema::range(1, 512)},
      schema::Field{"interval", &ProducerConsumerImbalance::interval,
                    "From one item of a producer to its next.", schema::range(1us, 60s)},
      schema::Field{"consume_iters", &ProducerConsumerImbalance::consume_iters,
                    "Units of spinning per item.", schema::range(0, 1e9)},
      schema::Field{"queue_depth", &ProducerConsumerImbalance::queue_depth,
                    "Items that the queue has room for.", schema::range(1, deepest_queue)});
};

}  // namespace ktstr::ir
