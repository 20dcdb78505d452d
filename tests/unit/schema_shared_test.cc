// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "schema/codec.h"
#include "schema/print.h"

using namespace ktstr;

namespace {

struct Owner {
  schema::Shared<std::vector<std::string>> words;

  bool operator==(const Owner&) const = default;
  static constexpr auto schema = schema::record(
      "owner", "Somebody.", schema::Field{"words", &Owner::words, "What they share."});
};

}  // namespace

TEST_CASE("copies share a value until one of them changes it") {
  const schema::Shared<std::vector<int>> first = std::vector{1, 2};
  schema::Shared<std::vector<int>> second = first;
  CHECK(&*first == &*second);
  second.change().push_back(3);
  CHECK(first->size() == 2);
  CHECK(second->size() == 3);
  CHECK(first != second);
  CHECK(schema::Shared(std::vector{1, 2}) == first);
}

TEST_CASE("a shared value is written like the value itself") {
  const Owner owner{std::vector<std::string>{"a", "b"}};
  CHECK(schema::print(schema::cref_to(owner)) == "words: [a, b]\n");
}
