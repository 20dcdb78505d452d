// SPDX-License-Identifier: GPL-2.0-only
// Selectors evaluated over telemetry.
//
// Without `@` a metric is of the whole run: counters are summed over the steps, maxima are the
// largest, CPU sets united, histograms merged. Workers become a cgroup within each step, by the
// aggregate of the metric's row, before steps are put together.
#pragma once

#include "claims/facts.h"
#include "claims/selector.h"
#include "claims/value.h"

namespace ktstr::claims {

Value select(const Facts& facts, const Resolved& selector);

/// The value at each sample of the part of the run it is cut to: counters since the start of the
/// run, summed as the workers gathered them while in the cgroup, so that one that ends or leaves
/// takes nothing away; CPU sets since the last sample.
Value select_series(const Facts& facts, const Resolved& selector);

/// The workers behind one row.
struct Group {
  std::string label;
  std::string cgroup;                   ///< Empty for all workers of the run.
  std::optional<std::size_t> worker{};  ///< One of them alone.

  [[nodiscard]] std::vector<std::size_t> members(const Facts& facts,
                                                 const Facts::Phase& phase) const;
};

/// The rows of a selector of cgroups or of `total`, in the given phases.
std::vector<Group> groups_of(const Facts& facts, const Resolved& selector,
                             std::span<const Facts::Phase> phases);

/// One metric of a group over phases taken together.
Datum datum_of(const Facts& facts, const Group& group, std::span<const Facts::Phase> phases,
               ir::MetricId metric);

}  // namespace ktstr::claims
