// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "parse/expression.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

const auto line = std::make_shared<const Source>(Source{"f", "workers: 'cpus / nodes'\n"});

/// The expression printed again, or the mistake.
std::string reads(const std::string& text) {
  Diagnostics diagnostics;
  const auto expr = parse::parse_expression(text, {line, {1, 11, 1}}, diagnostics);
  return expr ? to_text(*expr) : mistakes(diagnostics);
}

}  // namespace

TEST_CASE("expressions bind as arithmetic does") {
  CHECK(reads("cpus/2") == "cpus / 2");
  CHECK(reads("1+2*3-4") == "1 + 2 * 3 - 4");
  CHECK(reads("(1+2)*3") == "(1 + 2) * 3");
  CHECK(reads("a-(b-c)") == "a - (b - c)");
  CHECK(reads("a - b - c") == "a - b - c");
  CHECK(reads("cpus mod llcs * 2") == "cpus mod llcs * 2");
  CHECK(reads("mod(cpus, 3)") == "cpus mod 3");
  CHECK(reads("modest mod model") == "modest mod model");
  CHECK(reads("--x * -2") == "--x * -2");
  CHECK(reads("min(cpus, 8, max(a, 1))") == "min(cpus, 8, max(a, 1))");
  CHECK(reads(" ceil( cores*0.9 ) ") == "ceil(cores * 0.9)");
}

TEST_CASE("a percentage is a fraction and never a remainder") {
  CHECK(reads("50% * cpus") == "0.5 * cpus");
  CHECK(reads("cpus * 12.5%") == "cpus * 0.125");
  CHECK(reads("cpus % 2") ==
        "E017 1:16 expected an operator or the end, found `%` (`%` follows a number; the "
        "remainder of a division is `mod`)\n");
}

TEST_CASE("mistakes in expressions are marked at their column") {
  CHECK(reads("") == "E017 1:11 expected a number, a name or `(`, but the expression ends here\n");
  CHECK(reads("cpus +") ==
        "E017 1:17 expected a number, a name or `(`, but the expression ends here\n");
  CHECK(reads("(cpus") == "E017 1:16 expected an operator or `)`, but the expression ends here\n");
  CHECK(reads("2 ** 3") == "E017 1:14 expected a number, a name or `(`, found `*`\n");
  CHECK(reads("50ms / 2") == "E017 1:13 a number in an expression has no unit, found `ms`\n");
  CHECK(reads("ciel(2)") == "E017 1:11 `ciel` is not a function (did you mean `ceil`?)\n");
  CHECK(reads("ceil(1, 2)") == "E017 1:11 `ceil` takes one number, found 2\n");
  CHECK(reads("mod(1)") == "E017 1:11 `mod` takes two numbers, found 1\n");
  CHECK(reads("min + 1") == "E017 1:11 `min` is a function (write `min(…)`)\n");
  CHECK(reads("1e999") == "E017 1:11 the number is too large\n");
  CHECK(reads("4 − 2") == "E017 1:13 expected an operator or the end, found `−` (write `-`)\n");
}

TEST_CASE("expressions are bounded in depth and length") {
  CHECK(reads(std::string(60, '(') + "1" + std::string(60, ')')) == "1");
  CHECK(reads(std::string(200, '(') + "1").find("nested too deeply") != std::string::npos);
  CHECK(reads(std::string(200, '-') + "x").find("nested too deeply") != std::string::npos);
  CHECK(reads(std::string(2000, '1')).find("at most 1024") != std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 300; ++i) sum += "+1";
  CHECK(reads(sum).starts_with("1 + 1"));
}

TEST_CASE("a name is found again in the text of its expression") {
  const Place whole{line, {1, 10, 14}};
  CHECK(parse::place_of_name("nodes", whole).span == Span{1, 18, 5});
  CHECK(parse::place_of_name("node", whole).span == whole.span);
}
