// SPDX-License-Identifier: GPL-2.0-only
// Each kind of malformed text: the code, the exact place, the wording.
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/doc_support.h"

using namespace ktstr;
using namespace ktstr::doc;

TEST_CASE("equal keys are refused with the line of the first, and reading goes on") {
  CHECK(from_yaml("a: 1\nb: 2\na: 3\nb: {c: 1, c: 2}\n").mistakes() ==
        ":3:1 E005 key `a` again; it is in line 1 already\n"
        ":4:1 E005 key `b` again; it is in line 2 already\n"
        ":4:11 E005 key `c` again; it is in line 4 already\n");
  CHECK(from_json("{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2},\n \"\\u0061\": 2}").mistakes() ==
        ":2:16 E005 key `c` again; it is in line 2 already\n"
        ":3:2 E005 key `a` again; it is in line 1 already\n");
  const Read t = from_toml(
      "a = 1\na = 2\nx = {k = 1, k = 2}\n[t]\nb.c = 1\nb.c = 2\n[t]\n[t.b]\nz = 1\n"
      "[x.y]\n[[t]]\n[a.b]\n[u]\nv = 1\n");
  CHECK(t.mistakes() ==
        ":2:1 E005 key `a` again; it is in line 1 already\n"
        ":3:13 E005 key `k` again; it is in line 3 already\n"
        ":6:3 E005 key `c` again; it is in line 5 already\n"
        ":7:2 E005 key `t` again; it is in line 4 already\n"
        ":8:4 E005 key `b` again; it is in line 5 already\n"
        ":10:2 E005 key `x` again; it is in line 3 already\n"
        ":11:3 E005 key `t` again; it is in line 4 already\n"
        ":12:2 E005 key `a` again; it is in line 1 already\n");
  CHECK(to_integer(*t.root().find("a")) == 1);
  CHECK(t.root().find("u")->find("v") != nullptr);
}

TEST_CASE("YAML that the language leaves out is refused") {
  CHECK(from_yaml("a: &x {b: 1}\nc:\n  <<: *x\n  d: !!str 5\ne: !foo [1]\n'<<': 1\n").mistakes() ==
        ":3:3 E006 merge key `<<` (write the keys out, or use `include`)\n"
        ":4:6 E006 tag `!!str` (a value's kind follows from its key; leave the tag out)\n"
        ":5:4 E006 tag `!foo` (a value's kind follows from its key; leave the tag out)\n");
  CHECK(from_yaml("a: &x [1, *x]\n").mistakes() == ":1:11 E006 alias `*x` stands inside itself\n");
  CHECK(from_yaml("&k a: 1\nb: 2\n").ok() == false);
  CHECK(from_yaml("a: &x b\n*x : 1\n").mistakes() == ":2:1 E006 alias `*x` as a key\n");
  CHECK(from_yaml("a: *nope\n").mistakes() == ":1:4 E004 this alias names no anchor before it\n");
}

TEST_CASE("numbers and dates no key can take are refused") {
  CHECK(from_yaml("a: .inf\nb: -.INF\nc: .NaN\nd: '.nan'\n").mistakes() ==
        ":1:4 E014 `.inf` is no number a scenario can use\n"
        ":2:4 E014 `-.INF` is no number a scenario can use\n"
        ":3:4 E014 `.NaN` is no number a scenario can use\n");
  CHECK(from_toml("a = inf\nb = -nan\nc = 1979-05-27 07:32:00\nd = 07:32:00\n").mistakes() ==
        ":1:5 E014 `inf` is no number a scenario can use\n"
        ":2:5 E014 `-nan` is no number a scenario can use\n"
        ":3:5 E014 `1979-05-27` is a date or time, which no key takes (text stands in quotes)\n"
        ":4:5 E014 `07:32:00` is a date or time, which no key takes (text stands in quotes)\n");
}

TEST_CASE("malformed YAML: place, wording, hint") {
  CHECK(from_yaml("a:\n\tb: 1\n").mistakes() ==
        ":2:1 E004 a tab in the indentation (indent with spaces)\n");
  CHECK(from_yaml("a: b: c\n").mistakes() ==
        ":1:5 E004 `:` in a place where no map can start (text with `: ` in it stands in quotes; "
        "check the indentation too)\n");
  CHECK(from_yaml("a: 1\nb: \"open\nc: 2\n").mistakes() ==
        ":2:4 E004 this string is never closed\n");
}

TEST_CASE("unclosed brackets point to the bracket, unclosed quotes to the quote") {
  for (const char* text : {"a: [1, {b: 2\n", "- [1, {b: 2", "[1, {b: 2\n"}) {
    INFO(text);
    const Read read = from_yaml(text);
    CHECK(read.mistakes().ends_with(" E004 `{` is never closed\n"));
    REQUIRE(read.diagnostics.all().size() == 1);
    CHECK(read.covered(read.diagnostics.all()[0].place.span) == "{");
  }
  CHECK(from_yaml("a: [1, 2\nb: 3\n").mistakes() ==
        ":2:2 E004 expected `,` or `]` (within the `[` in line 1)\n");
  CHECK(from_yaml("'open").mistakes() == ":1:1 E004 this string is never closed\n");
  CHECK(from_yaml("a: [1, 'x\n").mistakes() == ":1:8 E004 this string is never closed\n");
  CHECK(from_yaml("a: ]\n").mistakes() == ":1:4 E004 a closing bracket without its opening one\n");
}

TEST_CASE("what follows a complete YAML value is refused unless it is a document of its own") {
  CHECK(from_yaml("[1] [2]\n").mistakes() ==
        ":1:5 E004 expected the end of the document, found more (check the quotes and the "
        "indentation)\n");
  CHECK(from_yaml("- a\nb: 1\n")
            .mistakes()
            .starts_with(":2:1 E004 expected the end of the document"));
  CHECK(from_yaml("a: \"x\" y\n").mistakes() ==
        ":1:8 E004 expected the end of the line after a value (put the whole value in quotes)\n");
  CHECK(from_yaml("a:\n  b: 1\n c: 2\n").mistakes() ==
        ":3:2 E004 this line belongs to no map or list above it (check the indentation; keys of "
        "one map start in one column)\n");
  CHECK(from_yaml("a: @x\n").mistakes() ==
        ":1:4 E004 no value can start with this character (put the value in quotes)\n");
  CHECK(from_yaml("? [a]\n: b\n")
            .mistakes()
            .starts_with(":1:3 E004 a list or map as a key, where a map needs a word"));
  CHECK(from_yaml(": b\n").mistakes().starts_with(":1:1 E004 an empty key"));
}

TEST_CASE("a broken YAML document does not hide the others") {
  const Read read = from_yaml("a: [\n---\nb: 1\n---\nc: d: e\n---\nf: 2\n");
  CHECK(read.diagnostics.errors() == 2);
  REQUIRE(read.documents.size() == 1);
  CHECK(read.documents[0].root.find("f") != nullptr);
  CHECK(from_yaml("a: b: c\n---\nb: 1\n---\nc: d: e\n---\nf: 2\n").documents.size() == 2);
}

TEST_CASE("malformed JSON: place, wording, hint") {
  const auto mistakes = [](std::string text) { return from_json(std::move(text)).mistakes(); };
  CHECK(mistakes("{\"a\": 1,}") ==
        ":1:9 E004 expected another value, found `}` (JSON has no comma after the last one)\n");
  CHECK(mistakes("[1, // x\n 2]") == ":1:5 E004 `//` is no JSON value (JSON has no comments)\n");
  CHECK(mistakes("{\"a\": 1n2l}") ==
        ":1:7 E004 `1n2l` is no JSON value (text stands in double quotes)\n");
  CHECK(mistakes("{a: 1}") == ":1:2 E004 expected a key in double quotes, found `a`\n");
  CHECK(mistakes("{\"a\" 1}") == ":1:6 E004 expected `:`, found `1`\n");
  CHECK(mistakes("[1 2]") == ":1:4 E004 expected `,` or `]`, found `2`\n");
  CHECK(mistakes("[1, 2") == ":1:1 E004 `[` is never closed\n");
  CHECK(mistakes("{\"a\": \"x\ny\"}") == ":1:7 E004 this string does not end in its line\n");
  CHECK(mistakes("[\"\\x\"]") ==
        ":1:4 E004 expected one of \" \\ / b f n r t u after `\\`, found `x`\n");
  CHECK(mistakes("[\"\\ud800\"]").starts_with(":1:5 E004 an escape needs 4 hexadecimal digits"));
  CHECK(mistakes("[] []") == ":1:4 E004 expected the end of the text, found `[`\n");
  for (const char* word :
       {"01", "+1", ".5", "1.", "NaN", "Infinity", "-", "1e", "True", "nul", "'a'"})
    CHECK(mistakes(word).starts_with(":1:1 E004"));
}

TEST_CASE("malformed TOML: place, wording, hint, and the next statements are still read") {
  const Read t = from_toml(
      "topology = 1n2l\n"
      "é = 1\n"
      "a = \"x\n"
      "b = [1,\n"
      "  2 3,\n"
      "  \"x = 1\",\n"
      "]\n"
      "c = {d = 1,\n"
      "e = 1 2\n"
      "[t\n"
      "f = 010\n"
      "[u]\n"
      "g = \"\\q\"\n"
      "h =\n"
      "i = 'fine'\n");
  CHECK(t.mistakes() ==
        ":1:12 E004 `1n2l` is no TOML value (text stands in quotes: \"1n2l\")\n"
        ":2:1 E004 expected a key, found `é` (letters, digits, `_` and `-`, or text in quotes)\n"
        ":3:5 E004 this string does not end in its line\n"
        ":5:5 E004 expected `,` or `]`, found `3`\n"
        ":8:12 E004 expected a key, found the end of the line (letters, digits, `_` and `-`, or "
        "text in quotes)\n"
        ":9:7 E004 expected the end of the line, found `2`\n"
        ":10:3 E004 expected `]` after the table's name, found the end of the line\n"
        ":11:5 E004 `010` is no TOML value (text stands in quotes: \"010\")\n"
        ":13:7 E004 expected one of \" \\ b f n r t u U after `\\`, found `q` (in '…' a `\\` is "
        "itself)\n"
        ":14:4 E004 expected a value, found the end of the line\n");
  REQUIRE(t.documents.size() == 1);
  CHECK(t.root().find("u")->find("i")->text == "fine");
}

TEST_CASE("TOML numbers with a misplaced underscore, sign or zero") {
  for (const char* word : {"1_e0", "1e_0", "1__0", "_1", "1_", "1._0", "0_x1", "0x_1", "0x1_",
                           "+0x1", "0x", "0b2", "0o8", "01", "1.", ".1", "1.e1", "--1", "0xg"}) {
    INFO(word);
    CHECK(from_toml("a = " + std::string(word)).mistakes().starts_with(":1:5 E004"));
  }
}

TEST_CASE("bytes that are no text are refused where they stand") {
  CHECK(from_yaml("a: 1\nb: \"\xC3\x28\"\n").mistakes() ==
        ":2:5 E003 byte 0xC3 is not UTF-8 (save the file as UTF-8)\n");
  const std::string wide(
      "\xFF\xFE"
      "a\0",
      4);
  CHECK(from_toml(wide).mistakes() ==
        ":1:1 E003 byte 0xFF is not UTF-8 (this looks like UTF-16; save the file as UTF-8)\n");
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xFE"})
    CHECK(from_json("[\"" + std::string(bad) + "\"]").mistakes().starts_with(":1:3 E003"));
  CHECK(from_yaml(std::string("a: \0", 4)).mistakes() ==
        ":1:4 E004 control character U+0000 in the text (is this a binary file, or UTF-16?)\n");
  CHECK(from_yaml("a: \x1B[2J\n").mistakes() == ":1:4 E004 control character U+001B in the text\n");
  CHECK(from_yaml("a: \xC2\x9B\n").mistakes() ==
        ":1:4 E004 control character U+009B in the text\n");
  for (const Read& read :
       {from_yaml("a: \"x\\0\"\n"), from_toml("a = \"x\\u0000\"\n"), from_json("[\"x\\u0000\"]")})
    CHECK(read.mistakes().find("E004 the character U+0000 in a value") != std::string::npos);
}

TEST_CASE("a file that says nothing is a mistake") {
  for (const char* text : {"", "\n\n", "# only a comment\n", "\xEF\xBB\xBF"}) {
    CHECK(from_yaml(text).mistakes() == " E004 the file holds nothing\n");
    CHECK(from_toml(text).mistakes() == " E004 the file holds nothing\n");
  }
  CHECK(from_yaml("---\n").mistakes() == " E004 the file holds nothing\n");
  CHECK(from_json(" \n").mistakes() == " E004 the file holds nothing\n");
}
