// SPDX-License-Identifier: GPL-2.0-only
#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ktstr {

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

std::size_t hardware_threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace ktstr
