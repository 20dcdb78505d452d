// SPDX-License-Identifier: GPL-2.0-only
// What well-formed texts become: equal trees from the three formats, scalars by the core schema of
// YAML 1.2, and spans that cover exactly what they name.
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/doc_support.h"

using namespace ktstr;
using namespace ktstr::doc;
using Kind = Node::Kind;

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// Checks each span below `node` against the text: keys and scalars must stand there as written.
/// Returns how many it checked.
std::size_t check_spans(const Read& read, const Node& node) {
  const std::string here = read.covered(node.span);
  INFO(to_text({read.source, node.span}) << " covers " << here);
  std::size_t checked = 1;
  if (node.is_scalar() && !node.quoted) CHECK(here == node.text);
  if (node.is_scalar() && node.quoted) {
    CHECK((std::string_view("\"'|>").find(here.at(0)) != std::string_view::npos));
    if (here.find_first_of("\\|>") == std::string::npos && here.find("''") == std::string::npos &&
        !here.starts_with("\"\"\""))
      CHECK(here.substr(1, here.size() - 2) == first_line(node.text));
  }
  for (const Node& item : node.items) checked += check_spans(read, item);
  for (const Member& member : node.members) {
    const std::string key = read.covered(member.key_span);
    const bool quoted = key.starts_with('"') || key.starts_with('\'');
    CHECK((quoted ? key.substr(1, key.size() - 2) : key) == member.key);
    checked += 1 + check_spans(read, member.value);
  }
  return checked;
}

Kind kind_of(const std::string& plain) {
  const Read read = from_yaml("v: " + plain + "\n");
  REQUIRE(read.mistakes().empty());
  return read.root().find("v")->kind;
}

}  // namespace

TEST_CASE("the same scenario in three formats gives equal trees") {
  const Read y = from_yaml(std::string(sample_yaml));
  const Read t = from_toml(std::string(sample_toml));
  const Read j = from_json(std::string(sample_json));
  REQUIRE(y.mistakes().empty());
  REQUIRE(t.mistakes().empty());
  REQUIRE(j.mistakes().empty());
  CHECK(same_value(y.root(), j.root()));
  CHECK(same_value(y.root(), t.root()));
  CHECK(same_value(t.root(), j.root()));

  std::string changed(sample_json);
  changed.replace(changed.find("0.25"), 4, "0.75");
  CHECK_FALSE(same_value(y.root(), from_json(changed).root()));
  changed = sample_json;
  changed.replace(changed.find("\"a\","), 4, "\"c\",");
  CHECK_FALSE(same_value(y.root(), from_json(changed).root()));
}

TEST_CASE("members keep the order of the file") {
  const Read t = from_toml("b = 1\n[z]\nq = 1\n[a]\nx.y = 2\nx.b = 3\n");
  REQUIRE(t.mistakes().empty());
  REQUIRE(t.root().members.size() == 3);
  CHECK(t.root().members[0].key == "b");
  CHECK(t.root().members[1].key == "z");
  CHECK(t.root().members[2].key == "a");
  CHECK(from_yaml("b: 1\na: 2\n").root().members[0].key == "b");
  CHECK(from_json(R"({"b": 1, "a": 2})").root().members[0].key == "b");
}

TEST_CASE("every span of a file covers what it names") {
  for (const Read& read : {from_yaml(std::string(sample_yaml)), from_toml(std::string(sample_toml)),
                           from_json(std::string(sample_json))}) {
    REQUIRE(read.mistakes().empty());
    CHECK(check_spans(read, read.root()) == 79);
  }
  // Line ends of other systems, a byte order mark and tabs between tokens move nothing.
  std::string crlf;
  for (const char c : sample_yaml) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Read read = from_yaml("\xEF\xBB\xBF" + crlf);
  REQUIRE(read.mistakes().empty());
  CHECK(check_spans(read, read.root()) == 79);
  CHECK(same_value(read.root(), from_yaml(std::string(sample_yaml)).root()));
  const Read tabs = from_json("\xEF\xBB\xBF{\t\"a\"\t:\t[1,\r\n\t2]}");
  REQUIRE(tabs.mistakes().empty());
  CHECK(tabs.covered(tabs.root().find("a")->items[1].span) == "2");
}

TEST_CASE("spans of lists and maps are their first line, of TOML tables their header") {
  const Read y =
      from_yaml("a: [1, {b: 2}, 3] # x\nc:\n  - d: 4\n    e: 5\nf: [1,\n  2]\ng: {h: , }\n");
  REQUIRE(y.mistakes().empty());
  CHECK(y.covered(y.root().span) == "a: [1, {b: 2}, 3] # x");
  CHECK(y.covered(y.root().find("a")->span) == "[1, {b: 2}, 3]");
  CHECK(y.covered(y.root().find("a")->items[1].span) == "{b: 2}");
  CHECK(y.covered(y.root().find("c")->span) == "- d: 4");
  CHECK(y.covered(y.root().find("c")->items[0].span) == "d: 4");
  CHECK(y.covered(y.root().find("f")->span) == "[1,");
  CHECK(y.covered(y.root().find("g")->span) == "{h: , }");

  const Read t = from_toml("x = {a = [1, 2]}\n[s . t] # c\n[[l]]\n");
  REQUIRE(t.mistakes().empty());
  CHECK(t.covered(t.root().find("x")->span) == "{a = [1, 2]}");
  CHECK(t.covered(t.root().find("s")->span) == "s");
  CHECK(t.covered(t.root().find("s")->find("t")->span) == "[s . t]");
  CHECK(t.covered(t.root().find("l")->items[0].span) == "[[l]]");
}

TEST_CASE("an absent value points to its key or dash") {
  const Read y = from_yaml("a:\nb:\n  -\n  - ~\nc: {d, e: }\n");
  REQUIRE(y.mistakes().empty());
  const Node& root = y.root();
  CHECK(root.find("a")->kind == Kind::null);
  CHECK(y.covered(root.find("a")->span) == "a");
  CHECK(y.covered(root.find("b")->items.at(0).span) == "-");
  CHECK(y.covered(root.find("b")->items.at(1).span) == "~");
  CHECK(y.covered(root.find("c")->find("d")->span) == "d");
  CHECK(y.covered(root.find("c")->find("e")->span) == "e");
}

TEST_CASE("YAML scalars follow version 1.2") {
  for (const char* text : {"no",  "yes", "on",    "off",   "y",    "1n2l", "50%", "0-3", "1:30",
                           "0b1", "1_0", "0x",    "0xg",   "0o8",  "-0x1", "+",   "-",   ".",
                           "1e",  "e1",  "nullx", "1.2.3", "TrUe", ".e1",  "- 1"}) {
    if (std::string_view(text) == "-" || std::string_view(text) == "- 1") continue;
    INFO(text);
    CHECK(kind_of(text) == Kind::text);
  }
  for (const char* text : {"0", "010", "-7", "+7", "0x1f", "0XA", "0o17", "18446744073709551616"})
    CHECK(kind_of(text) == (std::string_view(text) == "0XA" ? Kind::text : Kind::integer));
  for (const char* text : {"1.5", ".5", "5.", "-1e3", "+1.5E-3", "1e400"})
    CHECK(kind_of(text) == Kind::number);
  for (const char* text : {"true", "False", "TRUE"}) CHECK(kind_of(text) == Kind::boolean);
  for (const char* text : {"null", "~", "", "Null", "NULL"}) CHECK(kind_of(text) == Kind::null);
  for (const char* text : {"'1'", "\"true\"", "'~'", "''"}) CHECK(kind_of(text) == Kind::text);
}

TEST_CASE("numbers are read in every notation and refused beyond the type") {
  const Read read =
      from_yaml("[010, 0x1f, 0o17, -5, 9223372036854775808, 18446744073709551616, 1.5, x, 1e400]");
  REQUIRE(read.mistakes().empty());
  const auto& items = read.root().items;
  CHECK(to_integer(items[0]) == 10);
  CHECK(to_integer(items[1]) == 31);
  CHECK(to_integer(items[2]) == 15);
  CHECK(to_integer(items[3]) == -5);
  CHECK_FALSE(to_unsigned(items[3]));
  CHECK_FALSE(to_integer(items[4]));
  CHECK(to_unsigned(items[4]) == 9223372036854775808U);
  CHECK_FALSE(to_unsigned(items[5]));
  CHECK_FALSE(to_integer(items[6]));
  CHECK(to_number(items[6]) == 1.5);
  CHECK(to_number(items[1]) == 31.0);
  CHECK_FALSE(to_number(items[7]));
  CHECK_FALSE(to_number(items[8]));
  const Read t = from_toml("a = [1_000, 0b101, -9223372036854775808, 6.0_1]");
  REQUIRE(t.mistakes().empty());
  CHECK(to_integer(t.root().find("a")->items[0]) == 1000);
  CHECK(to_integer(t.root().find("a")->items[1]) == 5);
  CHECK(to_integer(t.root().find("a")->items[2]) == INT64_MIN);
  CHECK(to_number(t.root().find("a")->items[3]) == 6.01);
}

TEST_CASE("aliases are expanded and stand where they are used") {
  const Read y = from_yaml("a: &x {w: [1, 2]}\nb: *x\nc: &y [*x, *x]\nd: *y\n");
  REQUIRE(y.mistakes().empty());
  CHECK(same_value(*y.root().find("a"), *y.root().find("b")));
  CHECK(y.covered(y.root().find("b")->span) == "*x");
  CHECK(y.covered(y.root().find("a")->span) == "{w: [1, 2]}");
  CHECK(y.root().find("d")->items.size() == 2);
  CHECK(to_integer(y.root().find("d")->items[1].members[0].value.items[1]) == 2);
}

TEST_CASE("a YAML text may hold several documents") {
  const Read y = from_yaml("--- # one\na: 1\n---\n- 2\n...\n---\n'3'\n---\n");
  REQUIRE(y.mistakes().empty());
  REQUIRE(y.documents.size() == 3);
  CHECK(y.documents[0].root.find("a") != nullptr);
  CHECK(y.covered(y.documents[1].root.items.at(0).span) == "2");
  CHECK(y.documents[2].root.text == "3");
  CHECK(y.documents[2].source == y.source);
  CHECK(from_yaml("%YAML 1.2\n---\na: 1\n").ok());
}
