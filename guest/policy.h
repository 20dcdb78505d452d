// SPDX-License-Identifier: GPL-2.0-only
// Scheduling policies and nice values of tasks: processes or threads, by their number.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "ir/policy.h"

namespace ktstr::guest {

/// Numbers are resolved.
Status apply_policy(pid_t pid, const ir::Policy& policy);
Status apply_nice(pid_t pid, int nice);

}  // namespace ktstr::guest
