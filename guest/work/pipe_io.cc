// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include <unistd.h>

#include "guest/work/worker.h"
#include "ir/work/wake.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PipeIo& pipe_io, Worker& worker) {
  const std::size_t partner = 1 - worker.index();
  const auto units = static_cast<std::uint64_t>(pipe_io.burst_iters.get());
  char byte = 'k';
  while (!worker.stopping()) {
    worker.spin(units);
    worker.iterate(units);
    const Nanos written = worker.checkpoint();
    worker.member(partner).woken_at.store(written.count(), std::memory_order_relaxed);
    if (::write(worker.pipe(partner).write, &byte, 1) != 1) {
      if (errno != EINTR) worker.fail("write to the partner's pipe");
      continue;
    }
    worker.begin_wait();
    ssize_t got;
    while ((got = ::read(worker.pipe(worker.index()).read, &byte, 1)) < 0 && errno == EINTR)
      if (worker.stopping()) return;
    if (got != 1) worker.fail("read from the own pipe");
    // A byte that lay there already woke nobody.
    worker.settle_wait(written, Nanos(worker.slab().woken_at.load(std::memory_order_relaxed)));
  }
}

}  // namespace ktstr::guest
