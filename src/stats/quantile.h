// SPDX-License-Identifier: GPL-2.0-only
// Quantiles of plain values and of log-linear histograms (bpf/histogram.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ktstr::stats {

/// The smallest value that at least the share `p` of all values does not exceed: number ⌈n·p⌉ of
/// them in ascending order, from 1. 0 < p ≤ 1; nullopt of no values.
std::optional<double> quantile(std::vector<double> values, double p);

struct Bucket {
  std::uint32_t index = 0;
  std::uint64_t count = 0;
};

/// The same of a histogram with ascending bucket indices. Within the bucket of the ⌈n·p⌉-th value
/// the values are taken to lie evenly, so the result is off by at most the bucket's width, 1/32 of
/// the value; it never leaves minimum … maximum.
std::optional<double> quantile(std::span<const Bucket> buckets, std::uint64_t minimum,
                               std::uint64_t maximum, double p);

}  // namespace ktstr::stats
