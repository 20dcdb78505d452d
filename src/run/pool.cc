// SPDX-License-Identifier: GPL-2.0-only
#include "run/pool.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ktstr::run {

void for_each_parallel(std::size_t count, std::size_t threads,
                       const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto worker = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> pool;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) pool.emplace_back(worker);
  worker();
}

}  // namespace ktstr::run
