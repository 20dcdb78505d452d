// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include "guest/affinity.h"
#include "guest/work/nodes.h"
#include "guest/work/worker.h"
#include "ir/work/numa.h"

namespace ktstr::guest {
namespace {

/// False when the cgroup allows none of the CPUs.
bool bind_self(const topology::CpuSet& cpus, Worker& worker) {
  const Status bound = bind_thread(0, cpus);
  if (!bound && bound.error().code != EINVAL) worker.fail(describe(bound.error()));
  return bound.has_value();
}

}  // namespace

template <>
void run_work(const ir::NumaMigrationChurn& churn, Worker& worker) {
  const std::vector<topology::CpuSet> nodes = cpus_by_node();
  for (std::size_t next = 0; !worker.stopping(); ++next) {
    if (!nodes.empty() && !bind_self(nodes[next % nodes.size()], worker)) {
      worker.checkpoint();
      if (next % nodes.size() + 1 < nodes.size()) continue;  // Where none is allowed it just spins.
    }
    worker.iterate(worker.spin_for(churn.period));
  }
}

}  // namespace ktstr::guest
