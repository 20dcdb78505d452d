// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "base/diagnostic.h"
#include "base/utf8.h"

using namespace ktstr;

namespace {

Place place(std::string text, std::uint32_t line, std::uint32_t column, std::uint32_t length) {
  return {std::make_shared<const Source>(Source{"two.yaml", std::move(text)}),
          {line, column, length}};
}

}  // namespace

TEST_CASE("a diagnostic shows place, code, line, caret and hint") {
  const Diagnostic diagnostic{code("unknown_key"), place("a: 1\n  wrokers: 2\n", 2, 3, 7),
                              "unknown key `wrokers` in a cgroup",
                              suggestion("wrokers", {"workers", "work"})};
  CHECK(render(diagnostic, false) ==
        "two.yaml:2:3: error[E012]: unknown key `wrokers` in a cgroup\n"
        "     2 |   wrokers: 2\n"
        "       |   ^^^^^^^ did you mean `workers`?\n");
}

TEST_CASE("a caret beyond the line, in a long line or after wide text stays on its column") {
  const std::string ascii(300, 'x');
  const std::string cut = render({code("syntax"), place(ascii, 1, 250, 4), "m"}, false);
  const std::size_t line_start = cut.find("| ");
  const std::size_t caret_start = cut.rfind("| ");
  CHECK(cut.find("…") != std::string::npos);
  CHECK(cut.size() < 400);
  CHECK(cut.find("^^^^") != std::string::npos);
  CHECK(line_start < caret_start);

  const std::string accented = render({code("syntax"), place("é: x", 1, 5, 1), "m"}, false);
  CHECK(accented.ends_with("|    ^\n"));
  const std::string beyond = render({code("syntax"), place("ab", 1, 90, 3), "m"}, false);
  CHECK(beyond.ends_with("|   ^\n"));
}

TEST_CASE("control characters of a file never reach the terminal") {
  const std::string shown = render({code("syntax"), place("a\033[2Jb\a", 1, 1, 1), "m"}, false);
  CHECK(shown.find('\033') == std::string::npos);
  CHECK(shown.find('\a') == std::string::npos);
}

TEST_CASE("what a terminal might act on is made visible wherever it stands, and takes a column") {
  const Diagnostic diagnostic{code("syntax"), place("\x1B[2J\xC2\x9B\xE9\tkey: 1", 1, 9, 3),
                              "no `\xC2\x9B"
                              "2J`",
                              "did you mean `\033`?"};
  CHECK(render(diagnostic, false) ==
        "two.yaml:1:9: error[E004]: no `\uFFFD2J`\n"
        "     1 | \uFFFD[2J\uFFFD\uFFFD key: 1\n"
        "       |        ^^^ did you mean `\uFFFD`?\n");
}

TEST_CASE("text that is printable stays as it is") {
  CHECK(printable("caf\u00E9 \u4E2D \U0001F600") == "caf\u00E9 \u4E2D \U0001F600");
  CHECK(printable("a\tb\nc\rd\x7F") == "a b c\uFFFDd\uFFFD");
  CHECK(printable("\xF0\x9F\x98") == "\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("the nearest name is offered only when it is near") {
  CHECK(nearest("wrokers", {"workers", "work"}) == "workers");
  CHECK(nearest("spinn", {"spin", "bursty"}) == "spin");
  CHECK(nearest("elephant", {"spin", "bursty"}).empty());
  CHECK(suggestion("elephant", {"spin", "bursty"}) == "one of spin, bursty");
  const std::vector<std::string_view> many(13, "spin");
  CHECK(suggestion("elephant", many).empty());
  CHECK(suggestion("elephant", many, "work") == "`ktstr list work` names them all");
  CHECK(suggestion("spinn", many, "work") == "did you mean `spin`?");
  CHECK(suggestion("elephant", {"spin", "bursty"}, "work") == "one of spin, bursty");
}

TEST_CASE("collected diagnostics are bounded and counted") {
  Diagnostics diagnostics;
  for (int i = 0; i < 250; ++i) diagnostics.add({code("syntax"), {}, "m"});
  Diagnostics outer;
  outer.add({code("syntax"), {}, "m"});
  outer.append(diagnostics);
  CHECK(outer.errors() == 251);
  CHECK(outer.all().size() == Diagnostics::limit);
  CHECK(outer.dropped() == 151);
}

TEST_CASE("diagnostics can be put in the order of their places") {
  const auto a = std::make_shared<const Source>(Source{"a", "x\ny\n"});
  const auto b = std::make_shared<const Source>(Source{"b", "x\n"});
  Diagnostics diagnostics;
  for (const Place& each : {Place{b, {1, 1, 1}}, Place{a, {2, 1, 1}}, Place{a, {1, 2, 1}}, Place{}})
    diagnostics.add({code("syntax"), each, to_text(each)});
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& each : diagnostics.all()) order += each.message + " ";
  CHECK(order == " a:1:2 a:2:1 b:1:1 ");
}

TEST_CASE("codes have unique ids and names and an explanation each") {
  std::set<std::string_view> ids;
  std::set<std::string_view> names;
  for (const CodeRow& row : code_rows) {
    CHECK(ids.insert(row.id).second);
    CHECK(names.insert(row.name).second);
    CHECK(row.explain.ends_with('.'));
  }
}
