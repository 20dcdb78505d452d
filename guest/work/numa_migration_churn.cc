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

/// Moves to the first node from `at` on of which the cgroup allows any CPU, where there is one, and
/// gives where to go on.
std::size_t move_on(const std::vector<topology::CpuSet>& nodes, std::size_t at, Worker& worker) {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (const std::size_t node = (at + i) % nodes.size(); bind_self(nodes[node], worker))
      return node + 1;
  return at;
}

}  // namespace

template <>
void run_work(const ir::NumaMigrationChurn& churn, Worker& worker) {
  const std::vector<topology::CpuSet> nodes = cpus_by_node();
  for (std::size_t next = 0; !worker.stopping();) {
    next = move_on(nodes, next, worker);
    worker.iterate(worker.spin_for(churn.period));
  }
}

}  // namespace ktstr::guest
