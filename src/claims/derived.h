// SPDX-License-Identifier: GPL-2.0-only
// Metrics that are computed from others. To add one, add its row to src/ir/metric.h and its
// function to the table in derived.cc.
#pragma once

#include "claims/select.h"

namespace ktstr::claims {

/// The value of a metric of kind `derived`.
Datum derived_datum(const Facts& facts, const Group& group, std::span<const Facts::Phase> phases,
                    ir::MetricId metric);

/// The CPUs on which the worker was in the phase although its cgroup did not allow them then, nor
/// within the grace before; nullopt where the cgroup's CPUs are not known.
std::optional<topology::CpuSet> stray_cpus(const Facts& facts, const Facts::Worker& worker,
                                           const Facts::Phase& phase);

}  // namespace ktstr::claims
