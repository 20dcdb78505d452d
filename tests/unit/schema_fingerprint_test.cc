// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "schema/fingerprint.h"
#include "support/sample_vocabulary.h"

using namespace ktstr;
using schema::Field;
using schema::fingerprint;
using schema::type_of;

namespace {

struct Base {
  std::int32_t x = 1;
  std::string y;
  static constexpr auto schema =
      schema::record("r", "One text.", Field{"x", &Base::x, "X."}, Field{"y", &Base::y, "Y."});
  bool operator==(const Base&) const = default;
};

struct OtherTexts {
  std::int32_t x = 2;
  std::string y;
  static constexpr auto schema =
      schema::record("r", "Another.", Field{"x", &OtherTexts::x, "", schema::range(0, 5)},
                     Field{"y", &OtherTexts::y, "", schema::required, schema::example("z")})
          .written_as(schema::Shorthand::list);
  bool operator==(const OtherTexts&) const = default;
};

struct OtherOrder {
  std::string y;
  std::int32_t x = 1;
  static constexpr auto schema =
      schema::record("r", "", Field{"y", &OtherOrder::y, ""}, Field{"x", &OtherOrder::x, ""});
  bool operator==(const OtherOrder&) const = default;
};

struct OtherKey {
  std::int32_t x = 1;
  std::string y;
  static constexpr auto schema =
      schema::record("r", "", Field{"x", &OtherKey::x, ""}, Field{"z", &OtherKey::y, ""});
  bool operator==(const OtherKey&) const = default;
};

struct OtherWidth {
  std::int64_t x = 1;
  std::string y;
  static constexpr auto schema =
      schema::record("r", "", Field{"x", &OtherWidth::x, ""}, Field{"y", &OtherWidth::y, ""});
  bool operator==(const OtherWidth&) const = default;
};

struct OtherSign {
  std::uint32_t x = 1;
  std::string y;
  static constexpr auto schema =
      schema::record("r", "", Field{"x", &OtherSign::x, ""}, Field{"y", &OtherSign::y, ""});
  bool operator==(const OtherSign&) const = default;
};

struct OtherName {
  std::int32_t x = 1;
  std::string y;
  static constexpr auto schema =
      schema::record("s", "", Field{"x", &OtherName::x, ""}, Field{"y", &OtherName::y, ""});
  bool operator==(const OtherName&) const = default;
};

struct OtherShape {
  std::int32_t x = 1;
  std::optional<std::string> y;
  static constexpr auto schema =
      schema::record("r", "", Field{"x", &OtherShape::x, ""}, Field{"y", &OtherShape::y, ""});
  bool operator==(const OtherShape&) const = default;
};

enum class Two { a, b };
enum class Swapped { a, b };
enum class Three { a, b, c };

}  // namespace

namespace ktstr::schema {
template <>
inline constexpr auto words<Two> = std::array{Word{"a", "A."}, Word{"b", "B."}};
template <>
inline constexpr auto words<Swapped> = std::array{Word{"b", ""}, Word{"a", ""}};
template <>
inline constexpr auto words<Three> = std::array{Word{"a", ""}, Word{"b", ""}, Word{"c", ""}};
}  // namespace ktstr::schema

TEST_CASE("texts for people and forms of files do not change the fingerprint") {
  CHECK(fingerprint(type_of<Base>()) == fingerprint(type_of<OtherTexts>()));
}

TEST_CASE("whatever changes the wire changes the fingerprint") {
  const std::set<std::uint64_t> all = {
      fingerprint(type_of<Base>()),
      fingerprint(type_of<OtherOrder>()),
      fingerprint(type_of<OtherKey>()),
      fingerprint(type_of<OtherWidth>()),
      fingerprint(type_of<OtherSign>()),
      fingerprint(type_of<OtherName>()),
      fingerprint(type_of<OtherShape>()),
      fingerprint(type_of<std::vector<Base>>()),
      fingerprint(type_of<std::vector<OtherKey>>()),
      fingerprint(type_of<std::map<std::string, Base>>()),
      fingerprint(type_of<Two>()),
      fingerprint(type_of<Swapped>()),
      fingerprint(type_of<Three>()),
      fingerprint(type_of<std::variant<Base, OtherKey>>()),
      fingerprint(type_of<std::variant<OtherKey, Base>>()),
      fingerprint(type_of<std::variant<Base>>()),
      fingerprint(type_of<Nanos>()),
      fingerprint(type_of<Bytes>()),
  };
  CHECK(all.size() == 18);
}

TEST_CASE("a type that contains itself has a fingerprint, the same each time") {
  const std::uint64_t once = fingerprint(type_of<testing::sample::Plan>());
  CHECK(once == fingerprint(type_of<testing::sample::Plan>()));
  CHECK(once != fingerprint(type_of<testing::sample::Step>()));
}
