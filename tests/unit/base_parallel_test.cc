// SPDX-License-Identifier: GPL-2.0-only
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "base/parallel.h"

using namespace ktstr;

TEST_CASE("parallel work covers every piece once, on at most so many threads") {
  std::vector<std::atomic<int>> done(100);
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  for_each_parallel(done.size(), 4, [&](std::size_t i) {
    const int running = ++now;
    for (int seen = most; seen < running && !most.compare_exchange_weak(seen, running);) {
    }
    ++done[i];
    --now;
  });
  for (const std::atomic<int>& count : done) CHECK(count == 1);
  CHECK(most <= 4);
  for_each_parallel(0, 4, [](std::size_t) { FAIL("there is nothing to do"); });
}
