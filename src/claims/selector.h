// SPDX-License-Identifier: GPL-2.0-only
// What a selector means: whose metric, over which workers, cut to which steps. Whether the names
// exist is not asked here.
#pragma once

#include <functional>
#include <string>

#include "claims/names.h"
#include "claims/type.h"

namespace ktstr::claims {

struct Resolved {
  enum class Of { cgroups, total, machine, scheduler, variable };
  enum class SchedulerValue { attached_for, event, statistic };
  enum class Cut { none, every, one, glob };

  Of of = Of::cgroups;
  std::string cgroup{};                  ///< Name or glob.
  bool glob = false;                     ///< `cgroup` is a glob: a vector.
  bool workers = false;                  ///< The vector over workers.
  std::optional<ir::MetricId> metric{};  ///< Absent for a cgroup itself.
  const MachineMetric* machine = nullptr;
  SchedulerValue scheduler = SchedulerValue::attached_for;
  std::string variable{};  ///< Or the name of an event or statistic.
  Cut cut = Cut::none;
  std::string step{};  ///< Name or glob.
  Type type{};
};

/// `is_var` says whether a word is one of the scenario's vars.
tl::expected<Resolved, TypeError> resolve(const ir::Selector& selector,
                                          const std::function<bool(const std::string&)>& is_var);

}  // namespace ktstr::claims
