// SPDX-License-Identifier: GPL-2.0-only
// The TOML reader against a library's: on thousands of damaged texts both must accept or both
// refuse, and see the same values.
#include <catch2/catch_test_macros.hpp>
#include <random>

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "tests/unit/doc_support.h"

using namespace ktstr::doc;

namespace {

bool agree(const Node& ours, const toml::node& theirs) {
  using Kind = Node::Kind;
  switch (ours.kind) {
    case Kind::null:
      return false;
    case Kind::boolean:
      return theirs.as_boolean() && theirs.as_boolean()->get() == (ours.text == "true");
    case Kind::integer:
      return theirs.as_integer() && theirs.as_integer()->get() == to_integer(ours);
    case Kind::number:
      return theirs.as_floating_point() && theirs.as_floating_point()->get() == to_number(ours);
    case Kind::text:
      return theirs.as_string() && theirs.as_string()->get() == ours.text;
    case Kind::list: {
      const toml::array* array = theirs.as_array();
      if (array == nullptr || array->size() != ours.items.size()) return false;
      for (std::size_t i = 0; i < ours.items.size(); ++i)
        if (!agree(ours.items[i], *array->get(i))) return false;
      return true;
    }
    case Kind::map: {
      const toml::table* table = theirs.as_table();
      if (table == nullptr || table->size() != ours.members.size()) return false;
      for (const Member& member : ours.members)
        if (!table->contains(member.key) || !agree(member.value, *table->get(member.key)))
          return false;
      return true;
    }
  }
  return false;
}

/// What this reader refuses and TOML does not (dates, infinities, NUL), and a missing key or
/// value, on which the library aborts by an assertion of its own.
bool differs_by_choice(const Read& read) {
  for (const auto& mistake : read.diagnostics.all())
    if (mistake.code->name == "bad_value" || mistake.message.find("U+00") != std::string::npos ||
        mistake.message.starts_with("expected a value") ||
        mistake.message.starts_with("expected a key") ||
        mistake.message == "the file holds nothing")
      return true;
  return false;
}

constexpr std::string_view seed = R"(a = 1 # c
b.c = [1, -2.5e3, 0x1F, +9, 0o7,
  0b11, 1_000, # x
]
"q k".'l' = true
s = "x\t\u00e9\U0001F600\"" 
m = """
one \
   two""" 
i = {x = 1, y.z = 'lit', w = {}}
[t]
d = '''
a'b'''
[t.u.v]
e = false
[t.u]
f = 0.1
[[l]]
g = []
[[l]]
[l.n]
h = [{k = 1}, {k = 2}]
[[l.o]]
)";

}  // namespace

TEST_CASE("TOML is accepted and read as the library does") {
  constexpr std::string_view spice = "[]{}=,.\"'\\ \t\n0129eE+-_#abtuvxl";
  std::mt19937 random(11);  // NOLINT: the same texts each time.
  std::size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(seed);
    for (std::size_t edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = spice[random() % spice.size()];
      switch (random() % 4) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text[at] = c;
          break;
        case 2:
          text.insert(at, 1, c);
          break;
        default: {  // A line moves: tables are defined twice, extended, left out.
          const std::size_t begin = text.rfind('\n', at) + 1;
          const std::string line = text.substr(begin, text.find('\n', begin) - begin + 1);
          if (random() % 2 == 0) text.erase(begin, line.size());
          const std::size_t to = text.rfind('\n', random() % text.size()) + 1;
          text.insert(to, line);
        }
      }
    }
    const Read read = from_toml(text);
    if (differs_by_choice(read)) continue;
    const toml::parse_result theirs = toml::parse(text);
    INFO(text << "\n" << read.mistakes());
    if (!theirs) INFO(theirs.error().description());
    if (read.ok() != theirs.succeeded())
      FAIL_CHECK("accepted by one only: " << (theirs ? std::string_view("theirs")
                                                     : theirs.error().description()));
    if (!read.ok() || !theirs) continue;
    ++accepted;
    if (!agree(read.root(), theirs.table())) FAIL_CHECK("different values");
  }
  CHECK(accepted > 7000);
}
