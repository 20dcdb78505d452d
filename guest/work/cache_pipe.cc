// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/baton.h"
#include "guest/work/cache_buffer.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CachePipe& cache_pipe, Worker& worker) {
  constexpr std::size_t stride = 64;
  const std::uint64_t accesses = natural(cache_pipe.burst_iters);
  CacheBuffer buffer(worker, cache_pipe.size, stride);
  Baton baton(worker, Baton::Begin::all, ir::ChainWake::pipe, Worker::wake_latency);
  while (baton.take()) {
    buffer.touch(accesses);
    worker.iterate(accesses);
    baton.pass();
  }
}

}  // namespace ktstr::guest
