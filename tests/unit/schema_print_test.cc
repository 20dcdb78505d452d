// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "schema/print.h"
#include "schema/quote.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using namespace ktstr::testing::sample;
using schema::cref_to;
using schema::YamlContext;

TEST_CASE("a value prints as a person would write it") {
  CHECK(schema::print(cref_to(example_plan())) == R"(name: resize
about: Two groups trade CPUs.
duration: 6s
claims:
  - a.max_gap <= 1s
  - a.stray_cpus is empty
points: [0, 0.5, 1]
vars: {load: 1.5}
steps:
  - {name: even, hold: 50%}
  - name: uneven
    hold: {every: 200ms, for: 50%}
    ops:
      - resize: {cgroup: a, to: [0, 0.25]}
      - remove: b
    groups:
      - {name: a, workers: cpus / 2, work: {bursty: {burst: 5ms}}}
)");
}

TEST_CASE("what is the default is not written, and what is required always is") {
  CHECK(schema::print(cref_to(Plan{})) == "{}\n");
  CHECK(schema::print(cref_to(Group{})) == "name: \"\"\n");
  Group group{.name = "a"};
  group.nice.reset();
  CHECK(schema::print_inline(cref_to(group)) == "{name: a, nice: null}");
}

TEST_CASE("choices and shorthands take their shortest form that reads back") {
  CHECK(schema::print_inline(cref_to(Work{Spin{}})) == "spin");
  CHECK(schema::print_inline(cref_to(Work{Bursty{}})) == "bursty");
  CHECK(schema::print_inline(cref_to(Work{Fifo{}})) == "fifo");
  CHECK(schema::print_inline(cref_to(Work{Fifo{7, false}})) == "{fifo: 7}");
  CHECK(schema::print_inline(cref_to(Work{Fifo{7, true}})) == "{fifo: {priority: 7, reset: true}}");
  CHECK(schema::print_inline(cref_to(Work{Part{0, 0.5}})) == "{part: [0, 0.5]}");
  CHECK(schema::print_inline(cref_to(Op{Remove{}})) == "{remove: \"\"}");
  CHECK(schema::print_inline(cref_to(Op{Resize{}})) == "{resize: {cgroup: \"\", to: [0, 1]}}");
  CHECK(schema::print_inline(cref_to(Hold{Nanos(2s)})) == "2s");
  CHECK(schema::print_inline(cref_to(Limit{Forever{}})) == "forever");
}

TEST_CASE("what does not fit a line stands in a block") {
  Group group{.name = std::string(60, 'n'), .about = std::string(60, 'a')};
  const Step step{.groups = {group}};
  CHECK(schema::print(cref_to(step)) ==
        "groups:\n  - name: " + group.name + "\n    about: " + *group.about + "\n");
}

TEST_CASE("a text of several lines stands as it is") {
  Plan plan{.about = "one\n\n  two: #\n"};
  CHECK(schema::print(cref_to(plan)) == "about: |\n  one\n\n    two: #\n");
  plan.about = "one\ntwo";
  CHECK(schema::print(cref_to(plan)) == "about: |-\n  one\n  two\n");
  plan.about = " one\ntwo";
  CHECK(schema::print(cref_to(plan)) == "about: \" one\\ntwo\"\n");
}

TEST_CASE("plain texts stay plain") {
  for (const char* text :
       {"a",    "two words", "cpus / 2", "-v",  "--json", "a:b", "a#b", "50%", "no",
        "yes",  "1.2.3",     "0x",       "0o8", "1e",     "+",   ".",   "nan", "NUll",
        "it's", "a \"b\"",   "é",        "?a",  ":a",     "-1x", "x-"})
    CHECK(schema::yaml_text(text, YamlContext::block) == text);
  CHECK(schema::yaml_text("p99(a) <= {b, c}", YamlContext::block) == "p99(a) <= {b, c}");
  CHECK(schema::yaml_text("-v", YamlContext::flow) == "-v");
}

TEST_CASE("a text that would read as something else is quoted") {
  for (const char* text :
       {"",     "~",    "null", "true",  "FALSE", "1",  "-1",  "010", "1.",  ".5", "1e3",
        "0x1F", "0o17", ".inf", "-.INF", ".NaN",  "<<", "- a", "? a", ": a", "-",  "?",
        ":",    "#a",   "&a",   "*a",    "!a",    "|",  ">",   "%a",  "@a",  "`a", "[a]",
        "{a}",  ",a",   "a: b", "a #b",  "a:",    " a", "a ",  "---", "...", "]",  "}"})
    CHECK(schema::yaml_text(text, YamlContext::block) == "\"" + std::string(text) + "\"");
  for (const char* text : {"a,b", "a[", "a]", "{a", "-,"})
    CHECK(schema::yaml_text(text, YamlContext::flow) == "\"" + std::string(text) + "\"");
  CHECK(schema::yaml_text("'\\d+", YamlContext::block) == R"('''\d+')");
  CHECK(schema::yaml_text("\"a", YamlContext::block) == R"('"a')");
}

TEST_CASE("what is invisible or no UTF-8 is escaped") {
  CHECK(schema::double_quoted("a\"\\\n\t\r\x01\x7F") == R"("a\"\\\n\t\r\u0001\u007f")");
  CHECK(schema::double_quoted("\u0085\u2028\uFEFFé𝄞") == "\"\\u0085\\u2028\\ufeffé𝄞\"");
  for (const char* bad : {"\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80"})
    CHECK(schema::double_quoted(bad).find("\\ufffd") == 1);
  CHECK(schema::yaml_text("\u0085", YamlContext::block) == "\"\\u0085\"");
}

TEST_CASE("JSON is complete, or as short as YAML") {
  const Group group{.name = "a\n"};
  CHECK(schema::print_json(cref_to(group)) ==
        R"({"name":"a\n","workers":2,"nice":0,"policy":"normal","work":"spin"})");
  CHECK(schema::print_json(cref_to(group), {0, schema::Defaults::omitted}) == R"({"name":"a\n"})");
  // The form depends on the type alone.
  CHECK(schema::print_json(cref_to(Work{Bursty{}})) ==
        R"({"bursty":{"burst":"50ms","sleep":"100ms"}})");
  CHECK(schema::print_json(cref_to(Work{Fifo{}})) == R"({"fifo":{"priority":1,"reset":false}})");
  CHECK(schema::print_json(cref_to(std::vector<double>{NAN, INFINITY, -INFINITY, -0.5})) ==
        "[null,null,null,-0.5]");
}

TEST_CASE("indented JSON keeps short containers on one line") {
  const std::vector<std::vector<double>> rows = {{1, 2}, {}};
  CHECK(schema::print_json(cref_to(rows), {2}) == "[\n  [1, 2],\n  []\n]");
}
