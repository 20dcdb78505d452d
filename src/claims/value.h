// SPDX-License-Identifier: GPL-2.0-only
// Values of the claims language at run time: tables of data that are there or missing for a reason.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "claims/type.h"
#include "ir/telemetry.h"

namespace ktstr::claims {

/// Why there is no datum. What it is needed for is Inconclusive, or fails where the program under
/// test is to blame.
struct Missing {
  std::string reason;
  bool fails = false;
  bool operator==(const Missing&) const = default;
};

using Datum = std::variant<Missing, double, std::string, topology::CpuSet, ir::Histogram>;

struct Point {
  static constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();

  std::string label{};  ///< The step, for values per step.
  Nanos at{0};          ///< Of a series: when.
  Nanos wall{0};        ///< Length of the phases behind a counter, for rate().
  Datum datum{};
  std::uint64_t samples = any_number;  ///< Values or samples behind it.
};

struct Row {
  std::string label;  ///< The cgroup or worker.
  std::vector<Point> points;
};

struct Value {
  Type type{};
  ir::MetricClass metric_class = ir::MetricClass::fact;  ///< The weakest of the metrics in it.
  bool measured = false;                                 ///< Not only literals and the topology.
  Nanos begin{0};                                        ///< When the part it is cut to began.
  std::vector<Row> rows;
};

Value scalar_value(Type type, Datum datum);

/// A number with the unit people would use and `digits` significant digits: `212ms`, `1.34`.
std::string show(double value, Dim dim, bool percent = false, int digits = 4);
std::string show(const Datum& datum, const Type& type, bool percent = false, int digits = 4);
/// `label`, or `label@step`.
std::string label_of(const Row& row, const Point& point);

}  // namespace ktstr::claims
