// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>

#include "guest/work/scratch.h"
#include "ir/work/io.h"

namespace ktstr::guest {

template <>
void run_work(const ir::IoSyncWrite&, Worker& worker) {
  constexpr std::uint64_t writes = 16;
  Scratch scratch(worker, O_SYNC);
  for (std::uint64_t next = scratch.first(); !worker.stopping();) {
    std::uint64_t done = 0;
    for (; done < writes && !worker.stopping(); ++done) scratch.write(next++);
    scratch.sync();
    worker.iterate(done);
  }
}

}  // namespace ktstr::guest
