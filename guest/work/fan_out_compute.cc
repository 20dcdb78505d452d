// SPDX-License-Identifier: GPL-2.0-only
#include <cmath>
#include <new>
#include <vector>

#include "guest/work/broadcast.h"

namespace ktstr::guest {
namespace {

/// Three square matrices, of which one is the product of the others.
class Matrices {
 public:
  Matrices(Worker& worker, Bytes footprint)
      : side_(static_cast<std::size_t>(
            std::sqrt(static_cast<double>(footprint.count) / 3 / sizeof(std::uint64_t)))) {
    try {
      for (auto* matrix : {&left_, &right_, &product_}) matrix->assign(side_ * side_, 3);
    } catch (const std::bad_alloc&) {
      worker.fail("allocate the matrices");
    }
  }

  void multiply(Worker& worker) {
    for (std::size_t row = 0; row < side_ && !worker.stopping(); ++row) {
      for (std::size_t column = 0; column < side_; ++column) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < side_; ++i)
          sum += left_[row * side_ + i] * right_[i * side_ + column];
        product_[row * side_ + column] = sum;
      }
      worker.checkpoint();
    }
    // Somebody might look at it.
    asm volatile("" : : "r"(product_.data()) : "memory");
  }

 private:
  std::size_t side_;
  std::vector<std::uint64_t> left_, right_, product_;
};

void serve(const ir::FanOutCompute& compute, Broadcast& broadcast, Worker& worker) {
  Matrices matrices(worker, compute.cache_footprint);
  const std::uint64_t operations = natural(compute.operations);
  while (true) {
    const Nanos frozen = worker.frozen_time();
    const std::optional<Nanos> asked = broadcast.await();
    if (!asked) return;
    if (compute.sleep > Nanos(0)) worker.sleep(compute.sleep);
    for (std::uint64_t i = 0; i < operations; ++i) matrices.multiply(worker);
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
