// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/baton.h"

namespace ktstr::guest {

template <>
void run_work(const ir::PipeIo& pipe_io, Worker& worker) {
  const std::uint64_t units = natural(pipe_io.burst_iters);
  Baton baton(worker, Baton::Begin::all, ir::ChainWake::pipe, Worker::wake_latency);
  while (baton.take()) {
    worker.spin(units);
    worker.iterate(units);
    baton.pass();
  }
}

}  // namespace ktstr::guest
