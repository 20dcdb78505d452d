// SPDX-License-Identifier: GPL-2.0-only
#include "stats/dispersion.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace ktstr::stats {
namespace {

double total(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Shares of something: none negative, not all nothing.
bool are_shares(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value >= 0; }) && total(values) > 0;
}

}  // namespace

std::optional<double> mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return total(values) / static_cast<double>(values.size());
}

std::optional<double> stddev(std::span<const double> values) {
  const std::optional<double> middle = mean(values);
  if (!middle) return std::nullopt;
  double squares = 0;
  for (const double value : values) squares += (value - *middle) * (value - *middle);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

std::optional<double> cv(std::span<const double> values) {
  const std::optional<double> middle = mean(values);
  if (values.size() < 2 || !(*middle > 0)) return std::nullopt;
  return *stddev(values) / *middle;
}

std::optional<double> jain(std::span<const double> values) {
  if (!are_shares(values)) return std::nullopt;
  double squares = 0;
  for (const double value : values) squares += value * value;
  const double sum = total(values);
  return sum * sum / (static_cast<double>(values.size()) * squares);
}

std::optional<double> gini(std::span<const double> values) {
  if (!are_shares(values)) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const double n = static_cast<double>(sorted.size());
  // Σᵢ Σⱼ |xᵢ - xⱼ| = 2 · Σᵢ (2i - n - 1) · xᵢ over ascending xᵢ, i from 1.
  double weighted = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * sorted[i];
  return weighted / (n * total(sorted));
}

}  // namespace ktstr::stats
