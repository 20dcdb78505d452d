// SPDX-License-Identifier: GPL-2.0-only
// Meter: what the kernel counts for one worker, read from outside of it: its CPU clock,
// /proc/PID/schedstat, status, stat and sched. The files stay open, so that a reading is one or two
// preads.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <ctime>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "ir/telemetry.h"

namespace ktstr::guest {

/// Values of counters by their row in ir::metrics, as far as they are known.
struct Values {
  std::array<std::int64_t, ir::metric_count> of{};
  std::bitset<ir::metric_count> known;
  std::optional<bool> on_ext;  ///< Whether it is a task of sched_ext, where the kernel tells.

  void set(ir::MetricId id, std::int64_t value) {
    of[id.row] = value;
    known.set(id.row);
  }
  void forget(ir::MetricId id) { known.reset(id.row); }
  [[nodiscard]] std::int64_t operator[](ir::MetricId id) const { return of[id.row]; }
  /// What is known here, less what `base` says of it.
  [[nodiscard]] std::vector<ir::MetricValue> since(const Values& base) const;
};

/// The kernel formats all of /proc/PID/status, stat and sched for the counters of switches and page
/// faults and the class of a task, which a quick reading leaves as they were.
enum class Depth { quick, full };

class Meter {
 public:
  static Result<Meter> of(pid_t pid);
  /// Sets what the kernel tells of the process; of a dead one that was not reaped yet, too.
  void read(Values& values, Depth depth) const;

 private:
  Meter(clockid_t clock, Fd schedstat, Fd status, Fd stat, Fd sched)
      : clock_(clock),
        schedstat_(std::move(schedstat)),
        status_(std::move(status)),
        stat_(std::move(stat)),
        sched_(std::move(sched)) {}

  clockid_t clock_;
  Fd schedstat_;  ///< Absent on kernels without it.
  Fd status_;
  Fd stat_;
  Fd sched_;  ///< Absent on kernels without it.
};

}  // namespace ktstr::guest
