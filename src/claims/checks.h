// SPDX-License-Identifier: GPL-2.0-only
// The checks that come without being written (ir::Checks), and what fails a case by itself: dead
// workers and failed ops. Each appends its findings; a check that found nothing wrong appends one
// that passed.
#pragma once

#include "claims/facts.h"
#include "claims/noise.h"
#include "ir/verdict.h"

namespace ktstr::claims {

using Findings = std::vector<ir::Finding>;

/// A worker that was to run for less than this in a step is not judged for starvation there.
inline constexpr Nanos starvation_minimum = 500ms;

/// Kind `starvation`: every worker makes progress in every step in which it was to run for the
/// minimum, widened by what the host took, and twice the pause that its work makes on purpose.
void check_starvation(const Facts& facts, const Noise& noise, Findings& findings);
/// Kind `isolation`: no worker is seen on a CPU its cgroup did not allow (`stray_cpus`).
void check_isolation(const Facts& facts, Findings& findings);
/// Kind `gap`: no worker's max_gap exceeds the limit; judged like a claim of class wall.
void check_gap(const Facts& facts, const Noise& noise, Nanos limit, Findings& findings);
/// Kind `spread`: no cgroup's spread exceeds the limit; cgroups of one worker have none.
void check_spread(const Facts& facts, Share limit, Findings& findings);
/// A limit on how fast an event counter of the kernel grows.
struct EventLimit {
  std::string_view kind;   ///< The check.
  std::string_view event;  ///< As `scheduler.events` names it.
  ir::Rate most;
};
/// No more than the limit, or not in `ir::sustained_samples` samples in a row. Nothing where no
/// scheduler was asked for.
void check_event_rate(const Facts& facts, const EventLimit& check, Findings& findings);
/// Kind: what the kernel reported, or `kernel_log` when it reported nothing.
void check_kernel_log(const Facts& facts, Findings& findings);
/// Kind `worker`: workers that died or could not do what they were to do. Nothing if all is well.
void check_workers(const Facts& facts, Findings& findings);
/// Kind `payloads`: payloads that could not be started, ended by themselves with anything but 0, or
/// not in time (payload.cc). Nothing where there are none.
void check_payloads(const Facts& facts, Findings& findings);
/// Kind `op`: ops that failed. Nothing if all is well.
void check_ops(const Facts& facts, Findings& findings);

/// All that the case asks for, and the last two.
void run_checks(const Facts& facts, const Noise& noise, Findings& findings);

}  // namespace ktstr::claims
