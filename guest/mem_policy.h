// SPDX-License-Identifier: GPL-2.0-only
// The memory policy of the calling thread (set_mempolicy(2)).
#pragma once

#include "base/result.h"
#include "ir/mem_policy.h"

namespace ktstr::guest {

/// For memory touched from now on. The caller is in its cgroup: that decides which nodes there are.
Status apply_mem_policy(const ir::MemPolicy& policy);

}  // namespace ktstr::guest
