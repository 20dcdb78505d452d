// SPDX-License-Identifier: GPL-2.0-only
// What recording one latency costs a worker besides reading the clock.
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "bench/bench.h"
#include "guest/work/worker.h"

int main() {
  using namespace ktstr;
  constexpr std::size_t count = 20'000'000, latency = guest::Worker::wake_latency;
  std::vector<std::uint64_t> values(4096);
  std::uint64_t state = 1;
  for (std::uint64_t& value : values) {
    state = state * 6364136223846793005 + 1442695040888963407;
    value = (state >> 33) >> (state % 24);  // Latencies of all magnitudes.
  }
  static guest::Slab slab;
  const Nanos start = monotonic_now();
  for (std::size_t i = 0; i < count; ++i) slab.record(latency, values[i % values.size()]);
  const auto total = static_cast<double>((monotonic_now() - start).count());
  report_figure("histogram.record", total / count, "ns", "promise <= 100 ns besides the clock");
  return slab.histograms[latency].count == count ? 0 : 1;
}
