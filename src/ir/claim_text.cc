// SPDX-License-Identifier: GPL-2.0-only
// The text of claims, with just the parentheses the grammar needs.
#include <array>
#include <charconv>
#include <cmath>

#include "base/overload.h"
#include "ir/claim.h"

namespace ktstr::ir {
namespace {

/// The grammar has no exponents: the shortest fixed notation that reads back as the same double.
std::string print_fixed(double value) {
  std::array<char, 512> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end.ptr};
}

double read(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Unit {
  double size;
  const char* text;
};

constexpr Unit time_units[] = {{1, "ns"},  {1e3, "us"},   {1e6, "ms"},
                               {1e9, "s"}, {60e9, "min"}, {3600e9, "h"}};
constexpr Unit byte_units[] = {
    {1, "B"}, {1024, "KiB"}, {1048576, "MiB"}, {1073741824, "GiB"}, {1099511627776, "TiB"}};

/// An exact text: a whole number in the largest unit that allows it, else the shortest.
template <std::size_t Count>
std::string print_in(const Unit (&units)[Count], double value) {
  std::string best;
  bool whole = false;
  for (const auto& [size, unit] : units) {
    const std::string number = print_fixed(value / size);
    if (read(number) * size != value) continue;
    const bool fraction = number.find('.') != std::string::npos;
    const std::string text = number + unit;
    if (fraction && !best.empty() && (whole || text.size() >= best.size())) continue;
    best = text;
    whole = !fraction;
  }
  return best;
}

std::string print_percent(double fraction) {
  // Not every double is some number / 100; those a file gave are, and lie this near.
  double candidate = fraction * 100;
  for (int step = 0; step < 4; ++step) candidate = std::nextafter(candidate, 0.0);
  for (int step = 0; step < 9; ++step) {
    if (candidate / 100 == fraction) break;
    candidate = std::nextafter(candidate, HUGE_VAL);
  }
  // 7.000000000000001 and 7 may give the same fraction: take the shorter.
  for (int digits = 0; digits <= 17; ++digits) {
    std::array<char, 512> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), candidate,
                                   std::chars_format::fixed, digits);
    const std::string shorter(text.data(), end.ptr);
    if (read(shorter) / 100 == fraction) return shorter + "%";
  }
  return print_fixed(candidate) + "%";
}

std::string print(const Quantity& quantity) {
  if (quantity.percent) return print_percent(quantity.value);
  switch (quantity.dimension) {
    case Dimension::time:
      return print_in(time_units, quantity.value);
    case Dimension::bytes:
      return print_in(byte_units, quantity.value);
    case Dimension::rate:
      return print_fixed(quantity.value) + "/s";
    case Dimension::none:
      break;
  }
  return print_fixed(quantity.value);
}

std::string print_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else
      out += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
  }
  return out + '"';
}

std::string print_regex(const std::string& pattern) {
  std::string out = "/";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '/') out += '\\';
    out += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) out += pattern[++i];
  }
  return out + '/';
}

std::string print(const ClaimExpr& expr, int around);

std::string print(const Arithmetic& arithmetic, int around) {
  struct Notation {
    const char* text;
    int precedence;
  };
  constexpr Notation notations[] = {{" + ", 1}, {" - ", 1}, {" * ", 2}, {" / ", 2}, {"-", 3}};
  const auto [text, precedence] = notations[static_cast<std::size_t>(arithmetic.op)];
  // Left-associative: an equal operation on the right needs its parentheses.
  const std::string out = arithmetic.op == ClaimOperator::negate
                              ? text + print(arithmetic.operands.at(0), precedence)
                              : print(arithmetic.operands.at(0), precedence) + text +
                                    print(arithmetic.operands.at(1), precedence + 1);
  return precedence < around ? "(" + out + ")" : out;
}

std::string print(const Call& call) {
  std::string out;
  for (const ClaimExpr& argument : call.arguments)
    out += (out.empty() ? "" : ", ") + print(argument, 0);
  return std::string(schema::word_of(call.function)) + "(" + out + ")";
}

std::string print(const ClaimExpr& expr, int around) {
  return std::visit(
      Overload{
          [](const Quantity& quantity) { return print(quantity); },
          [](const TextLiteral& literal) { return print_string(literal.text); },
          [](const CpuSetLiteral& literal) { return "{" + to_text(literal.cpus) + "}"; },
          [](const Selector& selector) { return to_text(selector); },
          [](const schema::Box<Call>& call) { return print(*call); },
          [&](const schema::Box<Arithmetic>& arithmetic) { return print(*arithmetic, around); }},
      expr);
}

struct PredicateText {
  std::string operator()(const Compare& compare) const {
    constexpr const char* relations[] = {"<=", "<", ">=", ">", "==", "!="};
    return std::string(relations[static_cast<std::size_t>(compare.relation)]) + " " +
           to_text(compare.limit);
  }
  std::string operator()(const Between& between) const {
    return "between " + to_text(between.low) + " and " + to_text(between.high);
  }
  std::string operator()(const Near& near) const {
    return "near " + to_text(near.target) + " within " + to_text(near.tolerance);
  }
  std::string operator()(const Is& is) const {
    return std::string(is.negated ? "is not " : "is ") +
           (is.quality == Quality::empty ? "empty" : "finite");
  }
  std::string operator()(const Contains& contains) const {
    return "contains " + to_text(contains.element);
  }
  std::string operator()(const SubsetOf& subset) const {
    return "subset of " + to_text(subset.whole);
  }
  std::string operator()(const DisjointFrom& disjoint) const {
    return "disjoint from " + to_text(disjoint.other);
  }
  std::string operator()(const Matches& matches) const {
    return "matches " + print_regex(matches.pattern);
  }
  std::string operator()(const NeverDecreases&) const { return "never decreases"; }
  std::string operator()(const StrictlyIncreases&) const { return "strictly increases"; }
  std::string operator()(const Steady& steady) const {
    return "steady within " + to_text(steady.tolerance);
  }
  std::string operator()(const Converges& converges) const {
    return "converges to " + to_text(converges.target) + " within " + to_text(converges.tolerance) +
           " by " + to_text(converges.deadline);
  }
};

std::string print(Nanos duration) {
  return print_in(time_units, static_cast<double>(duration.count()));
}

}  // namespace

std::string to_text(const Selector& selector) {
  std::string out;
  for (const SelectorPart& part : selector.parts) {
    if (part.bracketed)
      out += "[" + part.text + "]";
    else
      out += (out.empty() ? "" : ".") + part.text;
  }
  if (selector.cut)
    out += selector.cut->bracketed ? "@[" + selector.cut->text + "]" : "@" + selector.cut->text;
  return out;
}

std::string to_text(const ClaimExpr& expr) {
  return print(expr, 0);
}

std::string to_text(const Comparison& comparison) {
  return to_text(comparison.subject) + " " + std::visit(PredicateText{}, comparison.predicate);
}

std::string to_text(const Claim& claim) {
  std::string out = to_text(claim.comparison);
  if (claim.sustained)
    out += " sustained " + std::visit(Overload{[](std::int64_t samples) {
                                                 return std::to_string(samples) + " samples";
                                               },
                                               [](Nanos time) { return print(time); }},
                                      *claim.sustained);
  if (claim.ignoring_first) out += " ignoring first " + print(*claim.ignoring_first);
  if (claim.least_samples)
    out += " with at least " + std::to_string(*claim.least_samples) + " samples";
  if (claim.when) {
    out += " when " + to_text(claim.when->first);
    for (const auto& [joint, comparison] : claim.when->rest)
      out += (joint == Joint::both ? " and " : " or ") + to_text(comparison);
  }
  if (claim.expect_fail) out += " expect fail";
  return out;
}

}  // namespace ktstr::ir
