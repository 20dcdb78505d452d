// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/broadcast.h"

namespace ktstr::guest {

template <>
void run_work(const ir::FutexFanOut& fan_out, Worker& worker) {
  Broadcast broadcast(worker);
  if (worker.index() == 0)
    broadcast.announce_forever(natural(fan_out.spin_iters));
  else
    while (broadcast.await()) worker.iterate(1);
}

}  // namespace ktstr::guest
