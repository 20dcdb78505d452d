// SPDX-License-Identifier: GPL-2.0-only
#include <sys/resource.h>

#include <sched.h>

#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::NiceSweep&, Worker& worker) {
  constexpr int nicest = 19, meanest = -20;
  constexpr std::uint64_t units = 512;
  const int lowest = ::setpriority(PRIO_PROCESS, 0, meanest) == 0 ? meanest : 0;
  int nice = lowest;
  while (!worker.stopping()) {
    worker.spin(units);
    nice = nice == nicest ? lowest : nice + 1;
    if (::setpriority(PRIO_PROCESS, 0, nice) == 0) worker.iterate(units);
    ::sched_yield();
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
