// SPDX-License-Identifier: GPL-2.0-only
// What recording one latency costs besides reading the clock (bpf/histogram.h).
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "bench/bench.h"
#include "bpf/histogram.h"

int main() {
  constexpr std::size_t count = 20'000'000;
  std::vector<std::uint64_t> values(4096);
  std::uint64_t state = 1;
  for (std::uint64_t& value : values) {
    state = state * 6364136223846793005 + 1442695040888963407;
    value = (state >> 33) >> (state % 24);  // Latencies of all magnitudes.
  }
  static ktstr_histogram histogram;
  const ktstr::Nanos start = ktstr::monotonic_now();
  for (std::size_t i = 0; i < count; ++i)
    ktstr_histogram_record(&histogram, values[i % values.size()]);
  const auto total = static_cast<double>((ktstr::monotonic_now() - start).count());
  report_figure("histogram.record", total / count, "ns", "promise <= 100 ns besides the clock");
  return histogram.count == count ? 0 : 1;
}
