// SPDX-License-Identifier: GPL-2.0-only
// The machine's part in a result (DESIGN.md §7): what emulation and a busy host do to wall times
// and to work done, and hence which failures cannot be held against the scheduler.
#pragma once

#include <optional>
#include <string>

#include "ir/telemetry.h"
#include "ir/verdict.h"

namespace ktstr::claims {

enum class Accelerator { kvm, tcg };

class Noise {
 public:
  /// A vCPU that waited this long for each unit of time it ran was contended.
  static constexpr double contended = 0.1;

  Noise(Accelerator accelerator, const ir::HostNoise& host)
      : accelerator_(accelerator), host_(&host) {}

  /// H: the largest run delay that any vCPU gathered in a window as long as `value`, of 1 s at
  /// least: the largest sum of ⌈value⌉ adjacent seconds' worst delays.
  [[nodiscard]] Nanos widening(double value) const;
  [[nodiscard]] double delay_ratio() const;  ///< Host run delay over time on CPU.
  /// Why work done says little here; empty if it does say something.
  [[nodiscard]] std::string excuse() const;

 private:
  Accelerator accelerator_;
  const ir::HostNoise* host_;
};

/// The outcome that a violation comes to, and why it is not a Fail where it is not.
struct Softened {
  ir::Outcome outcome = ir::Outcome::fail;
  std::string reason{};
};

struct Violation {
  enum class Side { above, below, other };

  double value = 0;
  double limit = 0;  ///< Of `above` and `below`.
  Side side = Side::other;
  bool is_time = false;       ///< Value and limit are times, in nanoseconds.
  bool value_grows = true;    ///< A delay makes the value longer: it was measured.
  bool limit_grows = false;   ///< A delay makes the limit longer.
  bool against_zero = false;  ///< The limit is a literal 0.
};

/// By class.
Softened soften(const Noise& noise, ir::MetricClass metric_class, const Violation& violation);

}  // namespace ktstr::claims
