// SPDX-License-Identifier: GPL-2.0-only
#include <new>
#include <optional>

#include "guest/work/broadcast.h"
#include "guest/work/matrices.h"

namespace ktstr::guest {
namespace {

void serve(const ir::FanOutCompute& compute, Broadcast& broadcast, Worker& worker) {
  std::optional<Matrices> matrices;
  try {
    matrices.emplace(compute.cache_footprint);
  } catch (const std::bad_alloc&) {
    worker.fail("allocate the matrices");
  }
  const std::uint64_t operations = natural(compute.operations);
  while (true) {
    const Nanos frozen = worker.frozen_time();
    const std::optional<Nanos> asked = broadcast.await();
    if (!asked) return;
    if (compute.sleep > Nanos(0)) worker.sleep(compute.sleep);
    for (std::uint64_t i = 0; i < operations; ++i)
      matrices->multiply([&worker] {
        worker.checkpoint();
        return !worker.stopping();
      });
    if (worker.stopping()) return;
    const Nanos served = worker.checkpoint() - *asked;
    if (worker.frozen_time() == frozen) worker.record(slot(ir::metric("request_latency")), served);
    worker.iterate(operations);
  }
}

}  // namespace

template <>
void run_work(const ir::FanOutCompute& compute, Worker& worker) {
  constexpr std::uint64_t units_before_message = 1024;
  Broadcast broadcast(worker);
  if (worker.index() == 0)
    broadcast.announce_forever(units_before_message);
  else
    serve(compute, broadcast, worker);
}

}  // namespace ktstr::guest
