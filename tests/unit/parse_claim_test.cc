// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "parse/claim_parser.h"

using namespace ktstr;
using namespace ktstr::ir;

namespace {

/// The claim, standing in a file behind `  - `.
struct Read {
  std::optional<Claim> claim;
  Diagnostics diagnostics;
};

Read read(const std::string& text, const std::string& before = "  - ") {
  const auto source =
      std::make_shared<const Source>(Source{"f.yaml", "claims:\n" + before + text + "\n"});
  const Place place{
      source,
      {2, static_cast<std::uint32_t>(before.size() + 1), static_cast<std::uint32_t>(text.size())}};
  Read out;
  out.claim = parse::parse_claim(text, place, out.diagnostics);
  return out;
}

Claim claim(const std::string& text) {
  Read out = read(text);
  INFO(text << ": " << (out.diagnostics.ok() ? "" : out.diagnostics.all()[0].message));
  REQUIRE(out.claim);
  CHECK(out.diagnostics.ok());
  return *out.claim;
}

struct Mistake {
  std::string text;
  std::uint32_t column;  ///< Of the claim, from 1.
  std::string message;   ///< A part of it.
  std::string hint;      ///< Likewise.
};

}  // namespace

TEST_CASE("canonical claims print as they were read") {
  for (const std::string text : {
           "a.max_gap <= 1s",
           "a.stray_cpus is empty",
           "b.workers.iterations > 0",
           "rate(b.cpu_time@uneven) / rate(b.cpu_time@even) >= 1.2",
           "cgroup[cg_*].stray_cpus is not empty",
           "p99(cgroup[cg_*].wake_latency) <= 5ms with at least 1000 samples",
           "min(cgroup[cg_*].cpu_time) / max(cgroup[cg_*].cpu_time) >= 0.8",
           "payload[fio][jobs.0.read.iops] >= 20ms",
           "rate(scheduler.events.fallback@load) <= 200/s",
           "steady.max_gap@[raw name, with: anything] <= 500ms",
           "near near near within within",
           "a.cpu_time between 2s and 8s expect fail",
           "a.cpu_time near 2s within 5% when cpus > 4 and llcs >= 2",
           "series(a.iterations) never decreases ignoring first 500ms",
           "series(a.iterations) strictly increases sustained 3 samples",
           "series(a.iterations) steady within 10% sustained 250ms",
           "a.cpu_time@* converges to 1s within 5ms by 3s",
           "a.cpus_used == {0-3,8}",
           "a.cpus_used subset of cpuset(a)",
           "a.cpus_used disjoint from {}",
           "a.cpus_used contains 3",
           "\"a \\\"b\\\" \\\\\" matches /a\\/b\\d/",
           "-(a.x - (b.x - c.x)) * 2 / -3 > -0.5",
           "min(a.x, 5%, mod(b.x, 4KiB)) is finite when a.x > 1 or b.x > 2 or c.x > 3",
       }) {
    CAPTURE(text);
    const Claim read = claim(text);
    CHECK(read.text == text);
    CHECK(to_text(read) == text);
  }
}

TEST_CASE("numbers have their units, without a space") {
  const auto number = [](const std::string& text) {
    return std::get<Quantity>(std::get<Compare>(claim("x > " + text).comparison.predicate).limit);
  };
  CHECK(number("5us") == Quantity{5e3, Dimension::time});
  CHECK(number("5\u00B5s") == Quantity{5e3, Dimension::time});
  CHECK(number("5\u03BCs") == Quantity{5e3, Dimension::time});
  CHECK(number("2min") == Quantity{120e9, Dimension::time});
  CHECK(number("1.5h") == Quantity{5400e9, Dimension::time});
  CHECK(number("1kB") == Quantity{1000, Dimension::bytes});
  CHECK(number("1KiB") == Quantity{1024, Dimension::bytes});
  CHECK(number("25%") == Quantity{0.25, Dimension::none, true});
  CHECK(number("200/s") == Quantity{200, Dimension::rate});
  // A unit only where nothing can follow it.
  CHECK(to_text(claim("x > 200/s.cpus")) == "x > 200 / s.cpus");
  CHECK(to_text(claim("x > 200/sum(y)")) == "x > 200 / sum(y)");
}

TEST_CASE("mistakes are shown at their column, with what was expected") {
  const Mistake mistakes[] = {
      {"a.max_gap = 1s", 11, "unexpected `=`", "`==`"},
      {"a.max_gap => 1s", 11, "unexpected `=>`", "`>=`"},
      {"a.max_gap <> 1s", 11, "unexpected `<>`", "`!=`"},
      {"a.max_gap \u2264 1s", 11, "unexpected", "`<=`"},
      {"a.max_gap <= 100 ms", 18, "expected the end of the claim", "no space between a number"},
      {"a.x > 5 %", 9, "unexpected `%`", "without a space"},
      {"a.x > 5xs", 8, "unknown unit `xs`", "one of ns"},
      {"a.x > 5.", 9, "digits after the point", ""},
      {"a.x > 1 and b.x > 2", 9, "expected the end of the claim", "write two"},
      {"a.x > 1 && b.x > 2", 9, "unexpected `&&`", "`and`"},
      {"a.x", 4, "expected a comparison, but the claim ends", ""},
      {"a.x >", 6, "expected a value, but the claim ends", ""},
      {"", 1, "expected a value", ""},
      {"a.x is full", 8, "expected `empty` or `finite` in place of `full`", ""},
      {"a.x near 5", 11, "expected `within`", ""},
      {"a.x between 1 or 2", 15, "expected `and` in place of `or`", ""},
      {"a.*.x > 1", 3, "expected a name after the dot", "brackets"},
      {"a[x > 1", 2, "the bracket does not end", ""},
      {"a[].x > 1", 2, "expected a name between the brackets", ""},
      {"a.x@ > 1", 5, "expected a step after `@`", "@*"},
      {"a.x @s > 1", 5, "unexpected `@`", "no space"},
      {"p98(a.x) > 1", 1, "there is no function `p98`", "p9"},
      {"p99 a.x > 1", 5, "expected a comparison in place of `a.x`", ""},
      {"(a.x > 1", 6, "expected `)` in place of `>`", ""},
      {"a.c == {3-1}", 9, "backwards", ""},
      {"a.c == {9000}", 9, "below 8192", ""},
      {"a.c == {1.5}", 9, "expected a CPU number", ""},
      {"a.t matches foo", 13, "regular expression between slashes", ""},
      {"a.t matches /foo", 13, "does not end", ""},
      {"a.t == \"foo", 8, "the string does not end", ""},
      {"a.t == \"f\\o\"", 10, "unknown escape", ""},
      {"a.x > 1 sustained 0 samples", 19, "at least 1", ""},
      {"a.x > 1 sustained 5", 20, "expected `samples`", ""},
      {"a.x > 1 ignoring first 5", 24, "expected a time", "unit"},
      {"a.x > 1 with at least 5ms samples", 23, "expected a number of samples", ""},
      {"a.x > 1 expect fail expect fail", 21, "twice", ""},
      {"a.x > 1 when b > 1 and c > 1 or d > 1", 30, "do not mix", ""},
      {"a.x > 1 ; b", 9, "no meaning", ""},
  };
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.text);
    for (const std::string before : {"  - ", "  - \""}) {
      if (before.ends_with('"') && mistake.text.find('"') != std::string::npos) continue;
      Read out;
      const auto source = std::make_shared<const Source>(
          Source{"f.yaml", before + mistake.text + (before.ends_with('"') ? "\"" : "") + "\n"});
      // A quoted scalar's place begins at its quote.
      const std::size_t start = before.size() + (before.ends_with('"') ? 0 : 1);
      const auto column = static_cast<std::uint32_t>(start);
      const Place place{source, {1, column, 1}};
      out.claim = parse::parse_claim(mistake.text, place, out.diagnostics);
      CHECK_FALSE(out.claim);
      REQUIRE(out.diagnostics.all().size() == 1);
      const Diagnostic& found = out.diagnostics.all()[0];
      CHECK(found.message.find(mistake.message) != std::string::npos);
      CAPTURE(found.message, found.hint);
      CHECK(found.hint.find(mistake.hint) != std::string::npos);
      if (!mistake.text.empty()) CHECK(found.place.span.column == before.size() + mistake.column);
    }
  }
}

TEST_CASE("length and depth are bounded") {
  const auto flaw = [](const std::string& text) {
    return read(text).diagnostics.all().at(0).message;
  };
  CHECK(flaw(std::string(5000, 'a') + " > 1").find("4096 bytes") != std::string::npos);
  CHECK(flaw(std::string(65, '(') + "a.x").find("64 levels") != std::string::npos);
  CHECK(flaw(std::string(65, '-') + "a.x > 1").find("64 levels") != std::string::npos);
  std::string chain = "a.x";
  for (int i = 0; i < 63; ++i) chain += "+1";
  CHECK(read(chain + " > 1").claim);
  CHECK(flaw(chain + "+1 > 1").find("64 levels") != std::string::npos);
  CHECK(flaw("a.x > " + std::string(400, '9')).find("out of range") != std::string::npos);
}

namespace {

/// Random claims that the grammar can say.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Claim claim() {
    Claim out;
    out.comparison = comparison();
    if (one_in(4))
      out.sustained = std::int64_t{1 + pick(9)};
    else if (one_in(4))
      out.sustained = Nanos(1 + pick(1'000'000'000));
    if (one_in(4)) out.ignoring_first = Nanos((1 + pick(90)) * 1'000'000);
    if (one_in(4)) out.least_samples = 1 + pick(5000);
    if (one_in(3)) {
      Condition when{comparison(), {}};
      const Joint joint = one_in(2) ? Joint::both : Joint::either;
      while (one_in(2)) when.rest.emplace_back(joint, comparison());
      out.when = when;
    }
    out.expect_fail = one_in(4);
    out.text = to_text(out);
    return out;
  }

 private:
  int pick(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }
  bool one_in(int n) { return pick(n) == 0; }

  std::string word() {
    constexpr const char* words[] = {"a", "steady", "near", "is", "min", "s", "_x9", "when", "and"};
    return words[pick(std::size(words))];
  }
  Selector selector() {
    Selector out{{{word(), false}}, {}};
    while (one_in(2))
      out.parts.push_back(one_in(3) ? SelectorPart{"a/b.*, {x}@ c", true}
                                    : SelectorPart{word(), false});
    if (one_in(3)) out.cut = one_in(2) ? SelectorPart{"*", one_in(2)} : SelectorPart{word(), false};
    return out;
  }
  Quantity quantity() {
    const double value = one_in(3) ? pick(1000) / 8.0 : pick(100000);
    switch (pick(5)) {
      case 0:
        return {value * 1e3, Dimension::time};
      case 1:
        return {value, Dimension::bytes};
      case 2:
        return {value, Dimension::rate};
      case 3:
        return {value / 100, Dimension::none, true};
      default:
        return {value, Dimension::none};
    }
  }
  ClaimExpr expr(int depth = 0) {
    switch (pick(depth > 3 ? 4 : 7)) {
      case 0:
        return quantity();
      case 1:
        return CpuSetLiteral{one_in(3) ? topology::CpuSet{} : topology::CpuSet{0, 1, 2, 7, 64}};
      case 2:
        return TextLiteral{"say \"\\\n\t\u00B5 /"};
      case 3:
        return selector();
      case 4: {
        Call call{static_cast<Function>(pick(static_cast<int>(Function::len) + 1)), {}};
        do call.arguments.push_back(expr(depth + 1));
        while (one_in(3));
        return call;
      }
      case 5:
        return Arithmetic{ClaimOperator::negate, {expr(depth + 1)}};
      default:
        return Arithmetic{static_cast<ClaimOperator>(pick(4)), {expr(depth + 1), expr(depth + 1)}};
    }
  }
  Comparison comparison() { return {expr(), predicate()}; }
  Predicate predicate() {
    switch (pick(12)) {
      case 0:
        return Compare{static_cast<Relation>(pick(6)), expr()};
      case 1:
        return Between{expr(), expr()};
      case 2:
        return Near{expr(), expr()};
      case 3:
        return Is{one_in(2) ? Quality::empty : Quality::finite, one_in(2)};
      case 4:
        return Contains{expr()};
      case 5:
        return SubsetOf{expr()};
      case 6:
        return DisjointFrom{expr()};
      case 7:
        return Matches{"a/b\\d\\\\/ \"x"};
      case 8:
        return NeverDecreases{};
      case 9:
        return StrictlyIncreases{};
      case 10:
        return Steady{expr()};
      default:
        return Converges{expr(), expr(), expr()};
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("random claims: what is printed reads back as the same tree") {
  Generator generator(1);
  for (int i = 0; i < 3000; ++i) {
    const Claim made = generator.claim();
    if (made.text.size() > parse::longest_claim) continue;
    CAPTURE(made.text);
    const Read back = read(made.text);
    REQUIRE(back.claim);
    REQUIRE(*back.claim == made);
  }
}

TEST_CASE("random damage never does more than give a diagnostic inside the claim") {
  Generator generator(2);
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string text = generator.claim().text;
    for (int cuts = 0; cuts < 3 && !text.empty(); ++cuts) {
      const std::size_t at = random() % text.size();
      if (random() % 2)
        text.erase(at, 1 + random() % 4);
      else
        text[at] = static_cast<char>(random() % 256);
    }
    if (text.find('\n') != std::string::npos) continue;
    CAPTURE(text);
    const Read out = read(text);
    REQUIRE((out.claim || out.diagnostics.all().size() == 1));
    if (out.claim) continue;
    const Span span = out.diagnostics.all()[0].place.span;
    REQUIRE(span.column >= 5);
    REQUIRE(span.column <= text.size() + 5);
  }
}
