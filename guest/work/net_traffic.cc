// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/frames.h"
#include "ir/work/net.h"

namespace ktstr::guest {

template <>
void run_work(const ir::NetTraffic& traffic, Worker& worker) {
  FrameReceiver receiver(worker, worker.surroundings().id);
  FrameSender sender(worker, worker.surroundings().id, traffic.frame.count);
  Nanos due = worker.checkpoint();
  while (!worker.stopping()) {
    sender.send();
    std::uint64_t arrived = 0;
    while (receiver.receive(false)) ++arrived;
    worker.iterate(arrived);
    due = std::max(due + traffic.interval, worker.checkpoint());
    worker.sleep_until(due);
  }
}

}  // namespace ktstr::guest
