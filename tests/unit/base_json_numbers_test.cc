// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "base/json_numbers.h"

using namespace ktstr;

namespace {

std::string shown(std::string_view text) {
  const auto numbers = json_numbers(text);
  if (!numbers) return "none";
  std::string out;
  for (const auto& [path, value] : *numbers) out += path + "=" + std::to_string(value) + " ";
  return out;
}

}  // namespace

TEST_CASE("numbers of JSON by where they stand") {
  CHECK(shown(R"({"a": {"b": [1, -2.5e1]}, "c": "7", "d": true, "e": null})") ==
        "a.b.0=1.000000 a.b.1=-25.000000 ");
  CHECK(shown(" [ ] ").empty());
  CHECK(shown(R"({"a\"b": 1})") == "a\\\"b=1.000000 ");
  CHECK(shown("1e999").empty());
  CHECK(shown("3") == "=3.000000 ");
}

TEST_CASE("what is not one JSON value gives nothing") {
  for (const char* text : {"", "{", "[1", "[1,]", "{\"a\" 1}", "{\"a\": }", "{} {}", "x", "\"a",
                           "[1}", "-", "nul", "{a: 1}"}) {
    INFO(text);
    CHECK(shown(text) == "none");
  }
  CHECK(shown(std::string(100, '[') + std::string(100, ']')) == "none");
  std::string many = "[0";
  for (int i = 0; i < 2000; ++i) many += ",1";
  CHECK(shown(many + "]") == "none");
}
