// SPDX-License-Identifier: GPL-2.0-only
// Meter: what the kernel counts for one worker, read from outside of it: its CPU clock, and
// schedstat, status, stat, sched and numa_maps in /proc/PID/task/TID. The files stay open, so that
// a reading is a few preads.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <ctime>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "guest/node_pages.h"
#include "ir/telemetry.h"

namespace ktstr::guest {

/// Values of counters by their row in ir::metrics, as far as they are known.
struct Values {
  std::array<std::int64_t, ir::metric_count> of{};
  std::bitset<ir::metric_count> known;
  std::optional<bool> on_ext;  ///< Whether it is a task of sched_ext, where the kernel tells.
  NodePages pages;             ///< Of its process by node; empty where nobody asks.

  void set(ir::MetricId id, std::int64_t value) {
    of[id.row] = value;
    known.set(id.row);
  }
  void forget(ir::MetricId id) { known.reset(id.row); }
  /// What there was before does not matter to a level.
  void clear_levels();
  [[nodiscard]] std::int64_t operator[](ir::MetricId id) const { return of[id.row]; }
  /// What is known here, less what `base` says of it.
  [[nodiscard]] std::vector<ir::MetricValue> since(const Values& base) const;
};

/// The kernel formats all of /proc/PID/status, stat and sched for the counters of switches and page
/// faults and the class of a task, which a quick reading leaves as they were.
enum class Depth { quick, full };

struct Task {
  pid_t pid;
  pid_t tid;
  bool shares_process = false;  ///< With threads that are metered, too.
  bool tells_memory = false;    ///< Where its process's memory is.
  bool has_threads = false;  ///< It stands for others: what the kernel counts for it alone is left
                             ///< out.
};

class Meter {
 public:
  static Result<Meter> of(const Task& task);
  /// Sets what the kernel tells of the process; of a dead one that was not reaped yet, too.
  void read(Values& values, Depth depth) const;
  [[nodiscard]] bool has_threads() const { return has_threads_; }

 private:
  Meter(std::optional<clockid_t> clock, bool has_threads)
      : clock_(clock), has_threads_(has_threads) {}

  std::optional<clockid_t> clock_;  ///< Of the process; a thread of another one has none for us.
  bool has_threads_;
  Fd schedstat_;  ///< Absent on kernels without it, and of a task that has threads.
  Fd status_;     ///< Absent of a task that has threads.
  Fd stat_;
  Fd sched_;      ///< Absent on kernels without it.
  Fd numa_maps_;  ///< Absent unless it tells where memory is.
};

}  // namespace ktstr::guest
