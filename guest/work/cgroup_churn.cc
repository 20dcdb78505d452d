// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/nests.h"
#include "ir/work/cgroup.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CgroupChurn& churn, Worker& worker) {
  Nests nests(worker, churn.nests().get());
  std::size_t nest = nests.home();
  while (!worker.stopping()) {
    const std::uint64_t units = worker.spin_for(churn.cycle);
    nest = nests.after(nest);
    if (nests.move(0, nest)) worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
