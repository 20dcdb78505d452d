// SPDX-License-Identifier: GPL-2.0-only
#include <limits>

#include "guest/work/broadcast.h"

namespace ktstr::guest {

template <>
void run_work(const ir::ThunderingHerd& herd, Worker& worker) {
  Broadcast broadcast(worker);
  if (worker.index() != 0) {
    while (broadcast.await()) worker.iterate(1);
    return;
  }
  const std::uint64_t batches =
      herd.batches ? natural(*herd.batches) : std::numeric_limits<std::uint64_t>::max();
  for (std::uint64_t batch = 0; batch < batches && !worker.stopping(); ++batch) {
    worker.sleep(herd.inter_batch);
    broadcast.announce();
    worker.iterate(1);
  }
  worker.rest();
}

}  // namespace ktstr::guest
