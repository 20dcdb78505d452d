// SPDX-License-Identifier: GPL-2.0-only
// NoiseMeter: how long the host let a machine's vCPU threads wait, from
// /proc/PID/task/TID/schedstat (time on CPU, time on a runqueue, timeslices; in nanoseconds).
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "ir/telemetry.h"

namespace ktstr::run {

class NoiseMeter {
 public:
  /// Starts counting now. `proc` is /proc, or a made-up one.
  NoiseMeter(pid_t process, const std::vector<pid_t>& threads, std::string proc = "/proc");

  /// Call once a second: closes a second of `worst_per_second`.
  void tick();
  [[nodiscard]] const ir::HostNoise& noise() const { return noise_; }

 private:
  struct Times {
    Nanos on_cpu{0};
    Nanos run_delay{0};
  };
  [[nodiscard]] Times read(pid_t thread) const;

  std::string tasks_;
  std::map<pid_t, Times> last_;  // Several vCPUs may share a thread; it counts once.
  ir::HostNoise noise_;
};

}  // namespace ktstr::run
