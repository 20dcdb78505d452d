// SPDX-License-Identifier: GPL-2.0-only
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>

#include "bpf/histogram.h"

namespace ktstr::stats {
namespace {

/// ⌈n·p⌉, at least 1 and at most n. The product is taken down by a hair, so that 0.95 · 20 is 19
/// whatever the nearest double to 0.95 is.
std::uint64_t rank(std::uint64_t n, double p) {
  const double exact = static_cast<double>(n) * p;
  const double up = std::ceil(exact * (1 - 1e-12));
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(up, 1.0)), 1, n);
}

}  // namespace

std::optional<double> quantile(std::vector<double> values, double p) {
  if (values.empty()) return std::nullopt;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank(values.size(), p) - 1);
  std::ranges::nth_element(values, at);
  return *at;
}

std::optional<double> quantile(std::span<const Bucket> buckets, std::uint64_t minimum,
                               std::uint64_t maximum, double p) {
  std::uint64_t total = 0;
  for (const Bucket& bucket : buckets) total += bucket.count;
  if (total == 0) return std::nullopt;
  std::uint64_t left = rank(total, p);
  for (const Bucket& bucket : buckets) {
    if (left > bucket.count) {
      left -= bucket.count;
      continue;
    }
    const std::uint32_t index = std::min<std::uint32_t>(bucket.index, KTSTR_HISTOGRAM_BUCKETS - 1);
    const auto low = static_cast<double>(ktstr_bucket_low(index));
    const auto high = index + 1 == KTSTR_HISTOGRAM_BUCKETS
                          ? std::max(low, static_cast<double>(maximum))
                          : static_cast<double>(ktstr_bucket_high(index) - 1);
    const double part = (static_cast<double>(left) - 0.5) / static_cast<double>(bucket.count);
    const double value = low + (high - low) * part;
    if (minimum > maximum) return value;
    return std::clamp(value, static_cast<double>(minimum), static_cast<double>(maximum));
  }
  return std::nullopt;
}

}  // namespace ktstr::stats
