// SPDX-License-Identifier: GPL-2.0-only
#include "claims/functions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/check.h"
#include "stats/dispersion.h"
#include "stats/quantile.h"

namespace ktstr::claims {
namespace {

using ir::Function;

/// The attributes that a result has from its arguments.
Value blank(const Type& type, const std::vector<Value>& arguments) {
  Value out{.type = type};
  for (const Value& argument : arguments) {
    out.metric_class = std::max(out.metric_class, argument.metric_class);
    out.measured = out.measured || argument.measured;
    out.begin = std::max(out.begin, argument.begin);
  }
  return out;
}

/// `of` on every datum that is there.
Value each(const Type& type, const Value& value, const std::function<Datum(const Datum&)>& of) {
  Value out = blank(type, {value});
  out.rows = value.rows;
  for (Row& row : out.rows)
    for (Point& point : row.points)
      if (!std::holds_alternative<Missing>(point.datum)) point.datum = of(point.datum);
  return out;
}

Value pairwise(const Type& type, const Value& a, const Value& b,
               const std::function<Datum(double, double)>& of) {
  Value out = blank(type, {a, b});
  // Vectors and series may come from different sides: stretch each to the other.
  const Value left = stretched(a, b);
  const Value right = stretched(b, left);
  out.rows = left.rows;
  for (std::size_t r = 0; r < out.rows.size(); ++r) {
    // An element keeps its name as long as only one is behind it.
    const std::string& other_label = right.rows[r].label;
    if (!a.measured) out.rows[r].label = other_label;
    if (a.measured && b.measured && out.rows[r].label != other_label) out.rows[r].label.clear();
    for (std::size_t p = 0; p < out.rows[r].points.size(); ++p) {
      Point& point = out.rows[r].points[p];
      const Point& other = right.rows[r].points[p];
      point.samples = std::min(point.samples, other.samples);
      if (point.label.empty() && !a.measured) point.label = other.label;
      if (std::holds_alternative<Missing>(point.datum)) continue;
      if (std::holds_alternative<Missing>(other.datum))
        point.datum = other.datum;
      else
        point.datum = of(std::get<double>(point.datum), std::get<double>(other.datum));
    }
  }
  return out;
}

Datum or_missing(const std::optional<double>& value, std::string_view reason) {
  if (value) return *value;
  return Missing{std::string(reason)};
}

double quantile_share(Function function) {
  switch (function) {
    case Function::p50:
      return 0.5;
    case Function::p90:
      return 0.9;
    case Function::p95:
      return 0.95;
    case Function::p99:
      return 0.99;
    default:
      return 0.999;
  }
}

Datum of_histogram(Function function, const ir::Histogram& histogram) {
  if (function == Function::count) return static_cast<double>(histogram.count);
  if (histogram.count == 0) return Missing{"nothing was recorded"};
  switch (function) {
    case Function::min:
      return static_cast<double>(histogram.minimum);
    case Function::max:
      return static_cast<double>(histogram.maximum);
    case Function::mean:
      return static_cast<double>(histogram.sum) / static_cast<double>(histogram.count);
    default:
      break;
  }
  std::vector<stats::Bucket> buckets;
  for (std::size_t i = 0; i < std::min(histogram.buckets.size(), histogram.counts.size()); ++i)
    buckets.push_back({histogram.buckets[i], histogram.counts[i]});
  return or_missing(
      stats::quantile(buckets, histogram.minimum, histogram.maximum, quantile_share(function)),
      "nothing was recorded");
}

Datum of_numbers(Function function, const std::vector<double>& values) {
  constexpr std::string_view undefined = "zero or negative values leave it undefined";
  switch (function) {
    case Function::count:
    case Function::len:
      return static_cast<double>(values.size());
    case Function::min:
      return std::ranges::min(values);
    case Function::max:
      return std::ranges::max(values);
    case Function::sum:
      return std::accumulate(values.begin(), values.end(), 0.0);
    case Function::mean:
      return or_missing(stats::mean(values), undefined);
    case Function::stddev:
      return or_missing(stats::stddev(values), undefined);
    case Function::cv:
      return or_missing(stats::cv(values), values.size() < 2 ? "cv() needs two values" : undefined);
    case Function::jain:
      return or_missing(stats::jain(values), undefined);
    case Function::gini:
      return or_missing(stats::gini(values), undefined);
    default:
      return or_missing(stats::quantile(values, quantile_share(function)), undefined);
  }
}

/// One datum of many.
Point reduce(Function function, const std::vector<Point>& points) {
  Point out;
  for (const Point& point : points) out.samples = std::min(out.samples, point.samples);
  if (function == Function::count) {
    out.datum = static_cast<double>(points.size());
    return out;
  }
  if (points.empty()) {
    out.datum = function == Function::len ? Datum(0.0) : Datum(Missing{"there are no values"});
    return out;
  }
  if (function == Function::first || function == Function::last) {
    const Point& chosen = function == Function::first ? points.front() : points.back();
    out.label = chosen.label;
    out.datum = chosen.datum;
    return out;
  }
  std::vector<double> values;
  for (const Point& point : points) {
    if (const auto* missing = std::get_if<Missing>(&point.datum)) {
      out.datum = *missing;
      return out;
    }
    values.push_back(std::get<double>(point.datum));
  }
  out.datum = of_numbers(function, values);
  return out;
}

Value reduction(Function function, const Type& type, const Value& value) {
  if (value.type.base == Base::distribution)
    return each(type, value, [&](const Datum& datum) {
      return of_histogram(function, std::get<ir::Histogram>(datum));
    });
  Value out = blank(type, {value});
  if (value.type.over != Over::nothing) {
    for (const Row& row : value.rows)
      out.rows.push_back({row.label, {reduce(function, row.points)}});
    return out;
  }
  std::vector<Point> column;
  for (const Row& row : value.rows)
    for (const Point& point : row.points) column.push_back(point);
  out.rows.push_back({"", {reduce(function, column)}});
  return out;
}

/// Between each sample and the next: the increase, per nanosecond if `rate`.
Value differences(const Type& type, const Value& value, bool rate) {
  Value out = blank(type, {value});
  for (const Row& row : value.rows) {
    Row changes{row.label, {}};
    for (std::size_t i = 1; i < row.points.size(); ++i) {
      const Point& before = row.points[i - 1];
      Point now = row.points[i];
      const double elapsed = static_cast<double>((now.at - before.at).count());
      const auto* a = std::get_if<double>(&before.datum);
      const auto* b = std::get_if<double>(&now.datum);
      if (!a || !b || (rate && elapsed <= 0))
        now.datum = Missing{"two samples carry the same time"};
      else
        now.datum = rate ? (*b - *a) / elapsed : *b - *a;
      changes.points.push_back(std::move(now));
    }
    out.rows.push_back(std::move(changes));
  }
  return out;
}

Value rate_of(const Type& type, const Value& value) {
  if (value.type.over == Over::samples) return differences(type, value, true);
  Value out = blank(type, {value});
  out.rows = value.rows;
  for (Row& row : out.rows) {
    for (Point& point : row.points) {
      const auto* amount = std::get_if<double>(&point.datum);
      if (!amount) continue;
      if (point.wall <= Nanos(0))
        point.datum = Missing{"the step took no time"};
      else
        point.datum = *amount / static_cast<double>(point.wall.count());
    }
  }
  return out;
}

Datum length_of(const Datum& datum) {
  if (const auto* cpus = std::get_if<topology::CpuSet>(&datum))
    return static_cast<double>(cpus->count());
  return static_cast<double>(std::get<std::string>(datum).size());
}

template <class Of>
Value each_number(const Type& type, const Value& value, Of of) {
  return each(type, value,
              [&](const Datum& datum) -> Datum { return of(std::get<double>(datum)); });
}

}  // namespace

Datum part_of_machine(Function function, double index, const topology::Topology& topology) {
  const bool llc = function == Function::llc;
  const double count = llc ? topology.llc_count() : static_cast<double>(topology.nodes.size());
  if (!(index >= 0) || index >= count || index != std::floor(index))
    return Missing{"this machine has no " + std::string(schema::word_of(function)) + " " +
                   show(index, Dim{})};
  const auto number = static_cast<std::uint32_t>(index);
  return llc ? topology.cpus_of_llc(number) : topology.cpus_of_node(number);
}

Value stretched(const Value& value, const Value& like) {
  Value out = value;
  if (like.type.vector && !value.type.vector && value.rows.size() == 1) {
    out.rows.assign(like.rows.size(), value.rows[0]);
    if (!value.measured)
      for (std::size_t r = 0; r < out.rows.size(); ++r) out.rows[r].label = like.rows[r].label;
    out.type.vector = true;
  }
  const bool fits = !like.type.vector || out.rows.size() == like.rows.size();
  if (!fits) {
    // Rows without a partner: as many as the other side has, all missing.
    const Missing missing{"the two vectors have " + std::to_string(value.rows.size()) + " and " +
                          std::to_string(like.rows.size()) + " elements"};
    out.rows = like.rows;
    for (Row& row : out.rows)
      for (Point& point : row.points) point.datum = missing;
    return out;
  }
  if (like.type.over == Over::nothing) return out;
  for (std::size_t r = 0; r < out.rows.size(); ++r) {
    const Row& other = like.rows.size() == 1 ? like.rows[0] : like.rows[r];
    std::vector<Point>& points = out.rows[r].points;
    if (value.type.over == Over::nothing && points.size() == 1) {
      const Point only = points[0];
      points = other.points;
      for (Point& point : points) {
        point.datum = only.datum;
        point.samples = only.samples;
      }
    } else if (points.size() != other.points.size()) {
      const Missing missing{"the two series have " + std::to_string(points.size()) + " and " +
                            std::to_string(other.points.size()) + " values"};
      points = other.points;
      for (Point& point : points) point.datum = missing;
    }
  }
  out.type.over = like.type.over;
  return out;
}

Value apply(ir::ClaimOperator op, const Type& type, const std::vector<Value>& operands) {
  const Value& a = operands[0];
  if (op == ir::ClaimOperator::negate) return each_number(type, a, std::negate<>());
  const Value& b = operands[1];
  switch (op) {
    case ir::ClaimOperator::add:
      return pairwise(type, a, b, std::plus<>());
    case ir::ClaimOperator::subtract:
      return pairwise(type, a, b, std::minus<>());
    case ir::ClaimOperator::multiply:
      return pairwise(type, a, b, std::multiplies<>());
    default:
      // A zero that was measured says nothing; one that was written is the claim's own fault, and
      // what comes of it satisfies nothing.
      return pairwise(type, a, b, [&](double x, double y) -> Datum {
        if (y == 0 && b.measured) return Missing{"the denominator was measured as 0"};
        return y == 0 ? std::nan("") : x / y;
      });
  }
}

Value apply(Function function, const Type& type, const std::vector<Value>& arguments,
            const topology::Topology& topology) {
  const Value& first = arguments.at(0);
  switch (function) {
    case Function::min:
    case Function::max: {
      if (arguments.size() == 1) return reduction(function, type, first);
      Value out = first;
      for (std::size_t i = 1; i < arguments.size(); ++i)
        out = pairwise(type, out, arguments[i], [&](double x, double y) -> Datum {
          if (std::isnan(x) || std::isnan(y)) return std::nan("");
          return function == Function::min ? std::min(x, y) : std::max(x, y);
        });
      return out;
    }
    case Function::sum:
    case Function::mean:
    case Function::count:
    case Function::cv:
    case Function::jain:
    case Function::gini:
    case Function::stddev:
    case Function::p50:
    case Function::p90:
    case Function::p95:
    case Function::p99:
    case Function::p999:
    case Function::first:
    case Function::last:
      return reduction(function, type, first);
    case Function::len:
      if (first.type.base == Base::cpus || first.type.base == Base::text)
        return each(type, first, length_of);
      return reduction(function, type, first);
    case Function::abs:
      return each_number(type, first, [](double x) { return std::abs(x); });
    case Function::ceil:
      return each_number(type, first, [](double x) { return std::ceil(x); });
    case Function::floor:
      return each_number(type, first, [](double x) { return std::floor(x); });
    case Function::mod:
      return pairwise(type, first, arguments[1], [&](double x, double y) -> Datum {
        if (y == 0 && arguments[1].measured) return Missing{"the denominator was measured as 0"};
        return std::fmod(x, y);
      });
    case Function::rate:
      return rate_of(type, first);
    case Function::delta: {
      if (first.type.over == Over::samples) return differences(type, first, false);
      Value out = first;
      out.type = type;
      return out;
    }
    case Function::llc:
    case Function::node:
      return each(type, first, [&](const Datum& datum) {
        return part_of_machine(function, std::get<double>(datum), topology);
      });
    case Function::cpuset: {
      Value out = first;
      out.type = type;
      return out;
    }
    case Function::series:
      break;
  }
  CHECK(false && "series() is evaluated from its selector");
  return {};
}

}  // namespace ktstr::claims
