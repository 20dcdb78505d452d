// SPDX-License-Identifier: GPL-2.0-only
#include <random>
#include <vector>

#include "guest/arch/alu.h"
#include "guest/work/worker.h"

namespace ktstr::guest {
namespace {

/// Cache lines in one circle of random order: where the next one is, only the last one tells.
class Chase {
 public:
  Chase() : next_(lines * stride) {
    std::vector<std::uint32_t> order(lines);
    for (std::uint32_t i = 0; i < lines; ++i) order[i] = i;
    std::minstd_rand random(1);
    for (std::uint32_t i = lines - 1; i > 0; --i) std::swap(order[i], order[random() % (i + 1)]);
    for (std::uint32_t i = 0; i < lines; ++i)
      next_[order[i] * stride] = order[(i + 1) % lines] * stride;
  }

  void follow(std::uint64_t loads) {
    const volatile std::uint32_t* next = next_.data();
    for (std::uint64_t i = 0; i < loads; ++i) at_ = next[at_];
  }

 private:
  static constexpr std::uint32_t stride = 64 / sizeof(std::uint32_t);
  static constexpr std::uint32_t lines = 512 * 1024 / 64;

  std::vector<std::uint32_t> next_;
  std::uint32_t at_ = 0;
};

}  // namespace

template <>
void run_work(const ir::IpcVariance& variance, Worker& worker) {
  constexpr std::uint64_t operations_per_round = 4;
  const std::uint64_t hot = natural(variance.hot_iters), cold = natural(variance.cold_iters);
  const std::uint64_t period = natural(variance.period_iters);
  Chase chase;
  for (std::uint64_t i = 0; !worker.stopping(); ++i) {
    const bool is_hot = i / period % 2 == 0;
    if (is_hot)
      alu_burn(ir::AluWidth::scalar, (hot + operations_per_round - 1) / operations_per_round);
    else
      chase.follow(cold);
    worker.iterate(is_hot ? hot : cold);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
