// SPDX-License-Identifier: GPL-2.0-only
// How values lie around their middle, and how equally something is shared out. Each is nullopt
// where it is not defined, never 0 or NaN.
#pragma once

#include <optional>
#include <span>

namespace ktstr::stats {

/// The arithmetic mean; of one value at least.
std::optional<double> mean(std::span<const double> values);
/// The population standard deviation, sqrt(mean((x - mean)²)); of one value at least.
std::optional<double> stddev(std::span<const double> values);
/// Coefficient of variation, stddev / mean; of two values at least with a mean above 0.
std::optional<double> cv(std::span<const double> values);
/// Jain's fairness index, (Σx)² / (n · Σx²): 1 when all are equal, 1/n when one has everything.
/// Of values none below 0 and one above (R. Jain, D. Chiu, W. Hawe, DEC TR-301, 1984).
std::optional<double> jain(std::span<const double> values);
/// The Gini coefficient, Σᵢ Σⱼ |xᵢ - xⱼ| / (2 · n² · mean): 0 when all are equal, (n - 1)/n when
/// one has everything. Of values none below 0 and one above.
std::optional<double> gini(std::span<const double> values);

}  // namespace ktstr::stats
