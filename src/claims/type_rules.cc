// SPDX-License-Identifier: GPL-2.0-only
// Which types operators, functions and predicates take, and what they give. The checker of files
// and the evaluator both ask here, so a claim that was accepted can be evaluated.
#include "base/overload.h"
#include "claims/type.h"

namespace ktstr::claims {
namespace {

using ir::Function;

TypeError dimension_error(std::string message, std::string hint = {}) {
  return {code("dimension"), std::move(message), std::move(hint)};
}

std::string hint_for(Dim dim) {
  if (dim == Dim{1, 0}) return "a time has a unit: 100ms";
  if (dim == Dim{-1, 0}) return "a rate has a unit: 200/s";
  if (dim == Dim{0, 1}) return "a size has a unit: 4KiB";
  return "";
}

/// The common shape of two operands: scalars stretch to vectors and series.
Typed joined(const Type& a, const Type& b, Type result) {
  if (a.over != b.over && a.over != Over::nothing && b.over != Over::nothing)
    return type_error("a series over samples and values per step do not combine");
  result.vector = a.vector || b.vector;
  result.over = a.over == Over::nothing ? b.over : a.over;
  return result;
}

Typed same_numbers(const Type& a, const Type& b, std::string_view what) {
  if (a.base != Base::number || b.base != Base::number) {
    const Type& other = a.base != Base::number ? a : b;
    return type_error(std::string(what) + " takes numbers, not " + name_of(other),
                      other.base == Base::distribution
                          ? "a distribution needs p50 to p999, mean, max or count"
                          : "");
  }
  if (a.dim != b.dim)
    return tl::unexpected(dimension_error(
        std::string(what) + " of " + name_of(a.dim) + " and " + name_of(b.dim), hint_for(a.dim)));
  return joined(a, b, {.dim = a.dim});
}

/// Takes away the innermost axis: a series' moments, else a vector's elements.
Type reduced(Type type) {
  type.counter = false;
  if (type.over != Over::nothing)
    type.over = Over::nothing;
  else
    type.vector = false;
  return type;
}

Typed reduction(Function function, const Type& type) {
  const std::string name(schema::word_of(function));
  if (type.base == Base::distribution) {
    if (function == Function::sum || function == Function::cv || function == Function::jain ||
        function == Function::gini || function == Function::stddev)
      return type_error(name + "() does not take a distribution",
                        "a distribution needs p50 to p999, mean, max or count");
    Type out = type;
    out.base = Base::number;
    out.dim = function == Function::count ? Dim{} : type.dim;
    return out;
  }
  if (type.base == Base::cgroup) return type_error(name + "() needs a metric of the cgroup");
  if (type.scalar())
    return type_error(name + "() takes a vector, series or distribution, not " + name_of(type),
                      "x.workers.metric is a vector, series(x.metric) a series");
  if (type.base != Base::number && function != Function::count)
    return type_error(name + "() takes numbers, not " + name_of(type));
  Type out = reduced(type);
  out.base = Base::number;
  if (function == Function::count || function == Function::cv || function == Function::jain ||
      function == Function::gini)
    out.dim = {};
  return out;
}

/// min(), max() of two or more arguments, element by element.
Typed least_of(Function function, std::span<const Type> arguments) {
  Type out = arguments[0];
  for (const Type& argument : arguments.subspan(1)) {
    const Typed both = same_numbers(out, argument, std::string(schema::word_of(function)) + "()");
    if (!both) return both;
    out = *both;
  }
  return out;
}

Typed rate_of(const Type& type) {
  if (type.base != Base::number || (!type.counter && type.over != Over::samples))
    return type_error("rate() takes a counter or a series of one, not " + name_of(type),
                      "rate(a.iterations), rate(series(a.cpu_time))");
  Type out = type;
  out.counter = false;
  --out.dim.time;
  return out;
}

}  // namespace

Typed type_of(ir::ClaimOperator op, std::span<const Type> operands) {
  const Type& a = operands[0];
  if (op == ir::ClaimOperator::negate) {
    if (a.base != Base::number) return type_error("`-` takes a number, not " + name_of(a));
    Type out = a;
    out.counter = false;
    return out;
  }
  const Type& b = operands[1];
  if (op == ir::ClaimOperator::add) return same_numbers(a, b, "a sum");
  if (op == ir::ClaimOperator::subtract) return same_numbers(a, b, "a difference");
  const Type left{.base = a.base, .vector = a.vector, .over = a.over};
  const Type right{.base = b.base, .vector = b.vector, .over = b.over};
  Typed out =
      same_numbers(left, right, op == ir::ClaimOperator::multiply ? "a product" : "a quotient");
  if (!out) return out;
  const int sign = op == ir::ClaimOperator::multiply ? 1 : -1;
  out->dim = {a.dim.time + sign * b.dim.time, a.dim.bytes + sign * b.dim.bytes};
  return out;
}

Typed type_of(Function function, std::span<const Type> arguments) {
  const std::string name(schema::word_of(function));
  const bool variadic = function == Function::min || function == Function::max;
  const std::size_t wanted = function == Function::mod ? 2 : 1;
  if (arguments.empty() || (!variadic && arguments.size() != wanted))
    return type_error(name + "() takes " + (wanted == 2 ? "two arguments" : "one argument"));
  const Type& type = arguments[0];
  switch (function) {
    case Function::min:
    case Function::max:
      return arguments.size() > 1 ? least_of(function, arguments) : reduction(function, type);
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
      return reduction(function, type);
    case Function::first:
    case Function::last:
      if (type.scalar())
        return type_error(name + "() takes a vector or series, not " + name_of(type));
      return reduced(type);
    case Function::abs:
    case Function::ceil:
    case Function::floor: {
      if (type.base != Base::number)
        return type_error(name + "() takes a number, not " + name_of(type));
      if (function != Function::abs && type.dim != Dim{})
        return tl::unexpected(
            dimension_error(name + "() takes a plain number, not " + name_of(type.dim),
                            "divide by a unit first: ceil(x / 1ms)"));
      Type out = type;
      out.counter = false;
      return out;
    }
    case Function::mod:
      return same_numbers(type, arguments[1], "mod()");
    case Function::rate:
      return rate_of(type);
    case Function::delta: {
      if (type.base != Base::number || (!type.counter && type.over != Over::samples))
        return type_error("delta() takes a counter or a series of one, not " + name_of(type));
      Type out = type;
      out.counter = false;
      return out;
    }
    case Function::series: {
      const bool sampled = type.sampled || type.counter || type.base == Base::cpus;
      if (!sampled || type.over != Over::nothing)
        return type_error("series() takes a counter that is sampled, not " + name_of(type));
      Type out = type;
      out.over = Over::samples;
      out.counter = false;
      out.sampled = false;
      return out;
    }
    case Function::llc:
    case Function::node:
      if (type != Type{}) return type_error(name + "() takes a number, not " + name_of(type));
      return Type{.base = Base::cpus};
    case Function::cpuset: {
      if (type.base != Base::cgroup)
        return type_error("cpuset() takes a cgroup, not " + name_of(type), "cpuset(a)");
      Type out = type;
      out.base = Base::cpus;
      return out;
    }
    case Function::len: {
      if (type.base == Base::cpus || type.base == Base::text) {
        Type out = type;
        out.base = Base::number;
        return out;
      }
      if (type.base != Base::number || type.scalar())
        return type_error("len() takes a CPU set, vector, series or text, not " + name_of(type));
      Type out = reduced(type);
      out.dim = {};
      return out;
    }
  }
  return type_error("unknown function");
}

namespace {

using Flaw = std::optional<TypeError>;

Flaw as_flaw(const Typed& typed) {
  return typed ? std::nullopt : Flaw(typed.error());
}

Flaw wrong(std::string message, std::string hint = {}) {
  return TypeError{code("claim_type"), std::move(message), std::move(hint)};
}

Flaw comparable(const Type& subject, const Type& other, bool ordered) {
  if (subject.base == Base::distribution || subject.base == Base::cgroup)
    return wrong(name_of(subject) + " cannot be compared",
                 subject.base == Base::distribution
                     ? "a distribution needs p50 to p999, mean, max or count"
                     : "name a metric of it: a.max_gap");
  if (subject.base == Base::number || other.base == Base::number)
    return as_flaw(same_numbers(subject, other, "a comparison"));
  if (subject.base != other.base)
    return wrong("a comparison of " + name_of(subject) + " and " + name_of(other));
  if (ordered)
    return wrong(name_of(subject) + " has no order",
                 subject.base == Base::cpus ? "`subset of`, `==`, `contains`" : "`==`, `matches`");
  return as_flaw(joined(subject, other, subject));
}

/// A tolerance is a share, or in the dimension of what it is a tolerance of.
Flaw tolerance(const Type& subject, const Type& amount) {
  if (amount.base != Base::number || !amount.scalar())
    return wrong("a tolerance is one number, not " + name_of(amount));
  if (amount.share || amount.dim == subject.dim) return std::nullopt;
  return dimension_error("a tolerance of " + name_of(amount.dim) + " for " + name_of(subject.dim),
                         "a share such as 5%, or the same dimension");
}

Flaw needs_series(const Type& subject, std::string_view what) {
  if (subject.base == Base::number && subject.over != Over::nothing) return std::nullopt;
  return wrong("`" + std::string(what) + "` takes a series of numbers, not " + name_of(subject),
               "series(a.iterations), or a.cpu_time@* for one value per step");
}

Flaw cpu_sets(const Type& subject, const Type& other, std::string_view what) {
  if (subject.base != Base::cpus || other.base != Base::cpus)
    return wrong("`" + std::string(what) + "` takes CPU sets, not " +
                 name_of(subject.base != Base::cpus ? subject : other));
  return as_flaw(joined(subject, other, subject));
}

Flaw contains(const Type& subject, const Type& element) {
  if (subject.base == Base::cpus && element == Type{}) return std::nullopt;
  if (subject.base == Base::cpus) return cpu_sets(subject, element, "contains");
  if (subject.base == Base::text && element.base == Base::text) return std::nullopt;
  if (subject.base == Base::number && !subject.scalar() && element.scalar())
    return as_flaw(same_numbers(subject, element, "`contains`"));
  return wrong(name_of(subject) + " cannot contain " + name_of(element));
}

}  // namespace

std::optional<TypeError> flaw_of(const ir::Predicate& predicate, const Type& subject,
                                 std::span<const Type> operands) {
  return std::visit(
      Overload{
          [&](const ir::Compare& p) {
            return comparable(
                subject, operands[0],
                p.relation != ir::Relation::equal && p.relation != ir::Relation::not_equal);
          },
          [&](const ir::Between&) {
            const Flaw low = comparable(subject, operands[0], true);
            return low ? low : comparable(subject, operands[1], true);
          },
          [&](const ir::Near&) {
            const Flaw target = comparable(subject, operands[0], true);
            return target ? target : tolerance(subject, operands[1]);
          },
          [&](const ir::Is& p) -> Flaw {
            if (p.quality == ir::Quality::finite)
              return subject.base == Base::number
                         ? Flaw{}
                         : wrong("`is finite` takes numbers, not " + name_of(subject));
            if (subject.base == Base::cgroup || (subject.base == Base::number && subject.scalar()))
              return wrong(
                  "`is empty` takes a CPU set, text, vector, series or distribution, not " +
                  name_of(subject));
            return std::nullopt;
          },
          [&](const ir::Contains&) { return contains(subject, operands[0]); },
          [&](const ir::SubsetOf&) { return cpu_sets(subject, operands[0], "subset of"); },
          [&](const ir::DisjointFrom&) { return cpu_sets(subject, operands[0], "disjoint from"); },
          [&](const ir::Matches&) -> Flaw {
            return subject.base == Base::text
                       ? Flaw{}
                       : wrong("`matches` takes text, not " + name_of(subject));
          },
          [&](const ir::NeverDecreases&) { return needs_series(subject, "never decreases"); },
          [&](const ir::StrictlyIncreases&) { return needs_series(subject, "strictly increases"); },
          [&](const ir::Steady&) {
            const Flaw series = needs_series(subject, "steady");
            return series ? series : tolerance(subject, operands[0]);
          },
          [&](const ir::Converges&) -> Flaw {
            if (const Flaw series = needs_series(subject, "converges")) return series;
            if (!operands[0].scalar()) return wrong("a target is one number");
            if (const Flaw target = comparable(subject, operands[0], true)) return target;
            if (const Flaw amount = tolerance(subject, operands[1])) return amount;
            if (operands[2].base != Base::number || !operands[2].scalar() ||
                operands[2].dim != Dim{1, 0})
              return dimension_error("`by` takes a time", "a time has a unit: 2s");
            return std::nullopt;
          }},
      predicate);
}

}  // namespace ktstr::claims
