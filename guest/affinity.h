// SPDX-License-Identifier: GPL-2.0-only
// The CPUs that a worker binds itself to, from the words of a scenario.
#pragma once

#include <optional>
#include <random>

#include <sys/types.h>

#include "base/result.h"
#include "ir/cpuset_spec.h"
#include "topology/topology.h"

namespace ktstr::guest {

/// What the affinity means for a worker whose cgroup may use `pool`; nothing for `inherit`.
/// `number` is its place among those it was started with: `smt_pair` puts two by two on a core.
/// `random` draws anew with every call. An empty pool is an error, as is a form that the pool
/// cannot give.
Result<std::optional<topology::CpuSet>> resolve(const ir::Affinity& affinity,
                                                const topology::CpuSet& pool,
                                                const topology::Topology& topology,
                                                std::size_t number, std::mt19937_64& random);

/// The CPUs that a thread is bound to, 0 being the caller.
Result<topology::CpuSet> bound_cpus(pid_t tid);
Status bind_thread(pid_t tid, const topology::CpuSet& cpus);

}  // namespace ktstr::guest
