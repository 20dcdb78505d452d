// SPDX-License-Identifier: GPL-2.0-only
// The JSON reader against a library's: on thousands of damaged texts both must accept or both
// refuse, and see the same values.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/unit/doc_support.h"

using namespace ktstr::doc;

namespace {

bool agree(const Node& ours, const nlohmann::json& theirs) {
  using Kind = Node::Kind;
  switch (ours.kind) {
    case Kind::null:
      return theirs.is_null();
    case Kind::boolean:
      return theirs.is_boolean() && theirs.get<bool>() == (ours.text == "true");
    case Kind::integer:
      if (const auto value = to_integer(ours)) return theirs.is_number() && theirs == *value;
      return theirs.is_number();
    case Kind::number:
      return theirs.is_number_float() && to_number(ours) == theirs.get<double>();
    case Kind::text:
      return theirs.is_string() && theirs.get<std::string>() == ours.text;
    case Kind::list: {
      if (!theirs.is_array() || theirs.size() != ours.items.size()) return false;
      for (std::size_t i = 0; i < ours.items.size(); ++i)
        if (!agree(ours.items[i], theirs[i])) return false;
      return true;
    }
    case Kind::map: {
      if (!theirs.is_object() || theirs.size() != ours.members.size()) return false;
      for (const Member& member : ours.members)
        if (!theirs.contains(member.key) || !agree(member.value, theirs[member.key])) return false;
      return true;
    }
  }
  return false;
}

/// Only what this reader refuses and JSON does not: equal keys, NUL, numbers beyond a double.
bool refused_by_choice(const Read& read) {
  for (const auto& mistake : read.diagnostics.all())
    if (mistake.code->name == "duplicate_key" || mistake.message.find("U+00") != std::string::npos)
      return true;
  return false;
}

}  // namespace

TEST_CASE("JSON is accepted and read as the library does") {
  constexpr std::string_view seed =
      R"({"a": [1, -0, 1.5e-3, 10E+2, true, false, null], "b\n\u00e9\ud83d\ude00": "\"\\\/\b\f\r\t",)"
      "\n \"c\": {\"d\": {}, \"e\": [[], \"\xC3\xA9\"]}}";
  constexpr std::string_view spice = "[]{}:,\"\\ \t\n0129eE+-.ntrufalse/d";
  std::mt19937 random(7);  // NOLINT: the same texts each time.
  std::size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(seed);
    for (std::size_t edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = spice[random() % spice.size()];
      if (random() % 3 == 0)
        text.erase(at, 1);
      else if (random() % 2 == 0)
        text[at] = c;
      else
        text.insert(at, 1, c);
    }
    const Read read = from_json(text);
    if (refused_by_choice(read)) continue;
    const nlohmann::json theirs = nlohmann::json::parse(text, nullptr, false);
    INFO(text << "\n" << read.mistakes());
    if (read.ok() == theirs.is_discarded()) FAIL_CHECK("accepted by one only");
    if (!read.ok() || theirs.is_discarded()) continue;
    ++accepted;
    if (!agree(read.root(), theirs)) FAIL_CHECK("different values");
  }
  CHECK(accepted > 7000);
}
