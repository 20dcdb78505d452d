// SPDX-License-Identifier: GPL-2.0-only
// Benchmarks of the scheduler within one worker, which has threads for it: the patterns of
// schbench and of a key-value cache in front of a slow backend. What init and checkpoints tell of
// one thread is not measured in them: its first only waits.
#pragma once

#include "ir/expression.h"
#include "schema/scalars.h"

namespace ktstr::ir {

struct Schbench {
  static constexpr bool needs_process = true;
  static constexpr bool has_threads = true;
  Count message_threads = 1;
  Count worker_threads = 0;
  Bytes cache_footprint = 256_KiB;
  Count operations = 5;
  Nanos sleep = 100us;
  bool locking = true;
  Count requests_per_second = 0;
  [[nodiscard]] Nanos round_time() const {
    return sleep + (requests_per_second == 0 ? Nanos(0) : Nanos(1s) / requests_per_second.get());
  }
  bool operator==(const Schbench&) const = default;
  static constexpr auto schema = schema::record(
      "schbench",
      "Message threads wake all of their worker threads that wait; each of these notes its "
      "`wake_latency`, sleeps, multiplies matrices under a lock of its CPU, notes the "
      "`request_latency` from wake to end, and waits again. An iteration is a request, a unit a "
      "multiplication. Of max_gap, run_delay, run_count and switches nothing is known.",
      schema::Field{"message_threads", &Schbench::message_threads, "How many.",
                    schema::range(1, 64)},
      schema::Field{"worker_threads", &Schbench::worker_threads,
                    "For each message thread; 0 divides the CPUs the worker may use among them.",
                    schema::range(0, 1024)},
      schema::Field{"cache_footprint", &Schbench::cache_footprint,
                    "Of the three matrices of each worker thread.", schema::range(1_KiB, 64_MiB)},
      schema::Field{"operations", &Schbench::operations, "Multiplications per request.",
                    schema::range(0, 1e6)},
      schema::Field{"sleep", &Schbench::sleep, "Time asleep per request.", schema::range(0s, 10s)},
      schema::Field{"locking", &Schbench::locking,
                    "Whether multiplications hold the lock of their CPU."},
      schema::Field{"requests_per_second", &Schbench::requests_per_second,
                    "How many worker threads each message thread wakes a second, one by one; 0 "
                    "wakes all at once as they come.",
                    schema::range(0, 1e6)});
};

struct Taobench {
  static constexpr bool needs_process = true;
  static constexpr bool has_threads = true;
  Count client_threads = 0;
  Count slow_threads = 0;
  Bytes cache_capacity = 64_MiB;
  Share hit_share{0.9};
  Nanos slow_path_sleep = 100us;
  Count arrivals_per_second = 0;
  [[nodiscard]] Nanos round_time() const {
    return slow_path_sleep +
           (arrivals_per_second == 0 ? Nanos(0) : Nanos(1s) / arrivals_per_second.get());
  }
  bool operator==(const Taobench&) const = default;
  static constexpr auto schema = schema::record(
      "taobench",
      "Client threads ask a cache in memory for random keys. A value that is there is read at "
      "once; "
      "for one that is not, the client waits until a slow thread has fetched and cached it. An "
      "iteration is a request, a unit one that was served from the cache; `request_latency` is "
      "from asking to having, `wake_latency` that of clients whose value has come. Of max_gap, "
      "run_delay, run_count and switches nothing is known.",
      schema::Field{"client_threads", &Taobench::client_threads,
                    "How many; 0 for as many as the worker may use CPUs.", schema::range(0, 1024)},
      schema::Field{"slow_threads", &Taobench::slow_threads,
                    "How many fetch; 0 for a third of the clients.", schema::range(0, 1024)},
      schema::Field{"cache_capacity", &Taobench::cache_capacity, "Of all values in the cache.",
                    schema::range(1_MiB, 4_GiB)},
      schema::Field{"hit_share", &Taobench::hit_share, "How many requests find their value.",
                    schema::range(Share{0.01}, Share{0.99})},
      schema::Field{"slow_path_sleep", &Taobench::slow_path_sleep, "How long a fetch sleeps.",
                    schema::range(0s, 10s)},
      schema::Field{"arrivals_per_second", &Taobench::arrivals_per_second,
                    "Requests of all clients together, each timed from when it was due; 0 sends "
                    "the next as soon as one is served.",
                    schema::range(0, 1e7)});
};

}  // namespace ktstr::ir
