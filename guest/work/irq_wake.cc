// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/frames.h"
#include "ir/work/net.h"

namespace ktstr::guest {
namespace {

void send(const ir::IrqWake& irq_wake, std::uint32_t pair, Worker& worker) {
  FrameSender sender(worker, pair, irq_wake.frame.count);
  Nanos due = worker.checkpoint();
  while (!worker.stopping()) {
    sender.send();
    worker.iterate(1);
    due = std::max(due + irq_wake.interval, worker.checkpoint());
    worker.sleep_until(due);
  }
}

void receive(std::uint32_t pair, Worker& worker) {
  FrameReceiver receiver(worker, pair);
  while (!worker.stopping()) {
    const Nanos begun = worker.checkpoint();
    worker.begin_wait();
    const std::optional<Nanos> sent = receiver.receive(true);
    if (!sent) return;
    worker.iterate(1);
    // A frame that lay there already woke nobody.
    worker.settle_wait(begun, *sent);
  }
}

}  // namespace

template <>
void run_work(const ir::IrqWake& irq_wake, Worker& worker) {
  const auto index = static_cast<std::uint32_t>(worker.index());
  const std::uint32_t pair = worker.surroundings().id - index;
  if (index == 0)
    send(irq_wake, pair, worker);
  else
    receive(pair, worker);
}

}  // namespace ktstr::guest
