// SPDX-License-Identifier: GPL-2.0-only
// What a selector means: whose metric, over which workers, cut to which steps. Whether the names
// exist is not asked here.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "claims/names.h"
#include "claims/type.h"
#include "ir/payload.h"

namespace ktstr::claims {

struct Resolved {
  enum class Of { cgroups, total, machine, kernel, scheduler, payloads, variable };
  enum class SchedulerValue { attached_for, event, statistic, name };
  enum class Cut { none, every, one, glob };

  Of of = Of::cgroups;
  std::string cgroup{};                  ///< Name or glob; of `payloads` that of the payload.
  bool glob = false;                     ///< `cgroup` is a glob: a vector.
  bool workers = false;                  ///< The vector over workers.
  std::optional<ir::MetricId> metric{};  ///< Absent for a cgroup itself.
  const MachineMetric* machine = nullptr;
  SchedulerValue scheduler = SchedulerValue::attached_for;
  const PayloadFact* payload = nullptr;  ///< Absent for a number of its output.
  std::string variable{};                ///< Or the name of an event, a statistic or a number.
  Cut cut = Cut::none;
  std::string step{};  ///< Name or glob.
  Type type{};
};

/// What of a scenario gives a selector its meaning.
struct Vocabulary {
  std::function<bool(const std::string&)> is_var;
  std::span<const ir::Payload> payloads;
};

tl::expected<Resolved, TypeError> resolve(const ir::Selector& selector,
                                          const Vocabulary& vocabulary);

}  // namespace ktstr::claims
