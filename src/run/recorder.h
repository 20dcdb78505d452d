// SPDX-License-Identifier: GPL-2.0-only
// Recorder: puts together the telemetry of a run from what its guest tells, piece by piece. A guest
// can tell more than there is room for; what is beyond the bounds is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "ir/telemetry.h"

namespace ktstr::run {

class Recorder {
 public:
  /// Keeps the reference.
  explicit Recorder(ir::Telemetry& telemetry) : out_(telemetry) {}

  void take_line(const std::string& kernel_log);
  /// A phase is told when it begins and when it has ended.
  void take(const ir::Phase& phase);
  void take(ir::Sample sample);
  /// One of very many phases comes in parts.
  void take(ir::WorkerReport report);
  void take(ir::OpDone op);
  void take(ir::CpusetInForce cpuset);
  void take(ir::Move move);
  void take(ir::SchedulerState state);
  void take(ir::SchedulerLine line);
  void take(ir::SchedulerSample sample);
  /// Told when it starts and when it has ended; in between comes what it writes.
  void take(ir::PayloadRun told);
  void take(const ir::PayloadOutput& output);

  /// Whether what ended the run early has a finding of its own.
  [[nodiscard]] bool explains_end() const;

 private:
  ir::Telemetry& out_;
  std::unordered_map<std::uint32_t, std::size_t> places_{};  ///< Of workers' reports.
};

}  // namespace ktstr::run
