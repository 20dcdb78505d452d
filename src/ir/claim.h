// SPDX-License-Identifier: GPL-2.0-only
// Claims as trees: what the grammar of the scenario language can say. parse reads them from text,
// src/claims gives them meaning. To add a predicate or function, add its alternative or word here;
// the compiler asks for its evaluation.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/metric.h"
#include "schema/scalars.h"
#include "topology/cpuset.h"

namespace ktstr::ir {

/// A number with its unit resolved: nanoseconds, bytes, per second, or plain; percent is a
/// fraction.
struct Quantity {
  double value = 0;
  Dimension dimension = Dimension::none;
  bool percent = false;  ///< Written with `%`; makes a tolerance relative.

  bool operator==(const Quantity&) const = default;
};

struct SelectorPart {
  std::string text;
  bool bracketed = false;  ///< Written as `[text]`; only then may it be a glob.

  bool operator==(const SelectorPart&) const = default;
};

/// `a.b[c]@step`; `cut` is a plain `*` for every step. Its text has no spaces outside brackets, so
/// a selector's canonical text is the text that a file holds.
struct Selector {
  std::vector<SelectorPart> parts;
  std::optional<SelectorPart> cut;

  bool operator==(const Selector&) const = default;
};

struct TextLiteral {
  std::string text;
  bool operator==(const TextLiteral&) const = default;
};

struct CpuSetLiteral {
  topology::CpuSet cpus;
  bool operator==(const CpuSetLiteral&) const = default;
};

enum class Function {
  min,
  max,
  sum,
  mean,
  count,
  cv,
  jain,
  gini,
  stddev,
  p50,
  p90,
  p95,
  p99,
  p999,
  abs,
  ceil,
  floor,
  mod,
  rate,
  delta,
  series,
  first,
  last,
  llc,
  node,
  cpuset,
  len
};

struct Call;
struct Arithmetic;
using ClaimExpr = std::variant<Quantity, TextLiteral, CpuSetLiteral, Selector, schema::Box<Call>,
                               schema::Box<Arithmetic>>;

struct Call {
  Function function = Function::min;
  std::vector<ClaimExpr> arguments;
  bool operator==(const Call&) const;
};

enum class ClaimOperator { add, subtract, multiply, divide, negate };

/// Two operands; one for negate.
struct Arithmetic {
  ClaimOperator op = ClaimOperator::add;
  std::vector<ClaimExpr> operands;
  bool operator==(const Arithmetic&) const;
};

enum class Relation { at_most, less, at_least, greater, equal, not_equal };

struct Compare {
  Relation relation = Relation::at_most;
  ClaimExpr limit;
  bool operator==(const Compare&) const = default;
};
struct Between {
  ClaimExpr low;
  ClaimExpr high;
  bool operator==(const Between&) const = default;
};
struct Near {
  ClaimExpr target;
  ClaimExpr tolerance;
  bool operator==(const Near&) const = default;
};
enum class Quality { empty, finite };
struct Is {
  Quality quality = Quality::empty;
  bool negated = false;
  bool operator==(const Is&) const = default;
};
struct Contains {
  ClaimExpr element;
  bool operator==(const Contains&) const = default;
};
struct SubsetOf {
  ClaimExpr whole;
  bool operator==(const SubsetOf&) const = default;
};
struct DisjointFrom {
  ClaimExpr other;
  bool operator==(const DisjointFrom&) const = default;
};
struct Matches {
  std::string pattern;
  bool operator==(const Matches&) const = default;
};
struct NeverDecreases {
  bool operator==(const NeverDecreases&) const = default;
};
struct StrictlyIncreases {
  bool operator==(const StrictlyIncreases&) const = default;
};
struct Steady {
  ClaimExpr tolerance;
  bool operator==(const Steady&) const = default;
};
struct Converges {
  ClaimExpr target;
  ClaimExpr tolerance;
  ClaimExpr deadline;
  bool operator==(const Converges&) const = default;
};

using Predicate = std::variant<Compare, Between, Near, Is, Contains, SubsetOf, DisjointFrom,
                               Matches, NeverDecreases, StrictlyIncreases, Steady, Converges>;

struct Comparison {
  ClaimExpr subject;
  Predicate predicate;
  bool operator==(const Comparison&) const = default;
};

enum class Joint { both, either };  // `and`, `or`

/// `first (and|or next)…`; the grammar has either only `and` or only `or` in one.
struct Condition {
  Comparison first;
  std::vector<std::pair<Joint, Comparison>> rest;
  bool operator==(const Condition&) const = default;
};

struct Claim {
  std::string text;  ///< As the file has it; the claim's only label.
  Comparison comparison;
  std::optional<std::variant<std::int64_t, Nanos>> sustained;  ///< Samples, or a time.
  std::optional<Nanos> ignoring_first;
  std::optional<std::int64_t> least_samples;
  std::optional<Condition> when;
  bool expect_fail = false;

  bool operator==(const Claim&) const = default;
};

/// Canonical texts: read back they give the same tree.
std::string to_text(const Selector& selector);
std::string to_text(const ClaimExpr& expr);
std::string to_text(const Comparison& comparison);
std::string to_text(const Claim& claim);  ///< Of its tree; `claim.text` plays no part.

}  // namespace ktstr::ir

template <>
struct ktstr::schema::Scalar<ktstr::ir::Claim> {
  static constexpr std::string_view name = "claim";
  static constexpr std::string_view doc =
      "A comparison that must hold of what was measured; see docs/reference/claims.md.";
  static constexpr std::string_view pattern = "";
  static constexpr std::string_view example = "a.max_gap <= 100ms";
  static std::string print(const ir::Claim& claim) { return claim.text; }
  /// Claims are judged on the host and never travel.
  static void encode(const ir::Claim&, Encoder& out) { out.refuse("claims stay on the host"); }
  static void decode(ir::Claim&, Decoder& in) { in.reject("claims stay on the host"); }
};

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::Function> = std::array{
    ktstr::schema::Word{"min",
                        "The smallest of a vector, series or distribution, or of its arguments."},
    ktstr::schema::Word{"max",
                        "The largest of a vector, series or distribution, or of its arguments."},
    ktstr::schema::Word{"sum", "The sum of a vector or series."},
    ktstr::schema::Word{"mean", "The mean of a vector, series or distribution."},
    ktstr::schema::Word{"count", "How many values a vector, series or distribution holds."},
    ktstr::schema::Word{"cv", "Coefficient of variation: population standard deviation over mean."},
    ktstr::schema::Word{"jain",
                        "Jain's fairness index, (sum x)^2 / (n sum x^2): 1 is perfectly fair."},
    ktstr::schema::Word{"gini", "Gini coefficient: 0 is perfectly equal."},
    ktstr::schema::Word{"stddev", "Population standard deviation."},
    ktstr::schema::Word{"p50", "The median of a distribution, vector or series."},
    ktstr::schema::Word{"p90", "The 90th percentile."},
    ktstr::schema::Word{"p95", "The 95th percentile."},
    ktstr::schema::Word{"p99", "The 99th percentile."},
    ktstr::schema::Word{"p999", "The 99.9th percentile."},
    ktstr::schema::Word{"abs", "The absolute value."},
    ktstr::schema::Word{"ceil", "Rounded up."},
    ktstr::schema::Word{"floor", "Rounded down."},
    ktstr::schema::Word{"mod", "The remainder of a division."},
    ktstr::schema::Word{"rate",
                        "A counter's increase per second of the part of the run it is cut to."},
    ktstr::schema::Word{"delta", "A counter's increase over the part of the run it is cut to."},
    ktstr::schema::Word{"series", "A counter's value at each sample."},
    ktstr::schema::Word{"first", "The first element of a vector or series."},
    ktstr::schema::Word{"last", "The last element of a vector or series."},
    ktstr::schema::Word{"llc", "The CPUs of an LLC by number."},
    ktstr::schema::Word{"node", "The CPUs of a NUMA node by number."},
    ktstr::schema::Word{"cpuset", "The CPUs a cgroup was given."},
    ktstr::schema::Word{"len", "The number of elements of a set, vector, series or text."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::Function>{
    "function", "A function of the claims language."};
