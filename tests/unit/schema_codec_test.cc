// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "schema/codec.h"
#include "schema/scalars.h"

using namespace ktstr;

namespace {

enum class Colour { red, green };

struct Leaf {
  std::int32_t number = 3;
  std::optional<std::string> label;
  bool operator==(const Leaf&) const = default;
  static constexpr auto schema = schema::record(
      "leaf", "A leaf.", schema::Field{"number", &Leaf::number, "A number.", schema::range(0, 10)},
      schema::Field{"label", &Leaf::label, "A label."});
};

struct Nothing {
  bool operator==(const Nothing&) const = default;
  static constexpr auto schema = schema::record("nothing", "Nothing.");
};

using Either = std::variant<Nothing, Leaf, std::string>;

struct Tree {
  Colour colour = Colour::red;
  Nanos time{0};
  Bytes size;
  Share share;
  double ratio = 0;
  std::uint64_t big = 0;
  std::int64_t negative = 0;
  std::vector<Leaf> leaves;
  std::map<std::string, Either> named;
  std::vector<schema::Box<Tree>> children;
  bool operator==(const Tree&) const = default;
  static constexpr auto schema = schema::record(
      "tree", "A tree.", schema::Field{"colour", &Tree::colour, ""},
      schema::Field{"time", &Tree::time, ""}, schema::Field{"size", &Tree::size, ""},
      schema::Field{"share", &Tree::share, ""}, schema::Field{"ratio", &Tree::ratio, ""},
      schema::Field{"big", &Tree::big, ""}, schema::Field{"negative", &Tree::negative, ""},
      schema::Field{"leaves", &Tree::leaves, ""}, schema::Field{"named", &Tree::named, ""},
      schema::Field{"children", &Tree::children, ""});
};

struct Middle {
  Leaf leaf;
  std::int32_t last = 0;
  bool operator==(const Middle&) const = default;
  static constexpr auto schema = schema::record("middle", "", schema::Field{"", &Middle::leaf, ""},
                                                schema::Field{"last", &Middle::last, ""});
};

struct Outer {
  std::int32_t before = 0;
  Middle middle;
  bool operator==(const Outer&) const = default;
  static constexpr auto schema =
      schema::record("outer", "", schema::Field{"before", &Outer::before, ""},
                     schema::Field{"", &Outer::middle, ""});
};

Tree sample() {
  Tree tree{.colour = Colour::green,
            .time = -5ms,
            .size = 3_MiB,
            .share = {0.07},
            .ratio = 1.5,
            .big = ~std::uint64_t{0},
            .negative = std::numeric_limits<std::int64_t>::min(),
            .leaves = {{7, "seven"}, {-1, {}}},
            .named = {{"a", Leaf{}}, {"b", Nothing{}}, {"c", std::string("text")}},
            .children = {}};
  tree.children.emplace_back(tree);
  return tree;
}

}  // namespace

template <>
inline constexpr auto ktstr::schema::words<Colour> =
    std::array{schema::Word{"red", ""}, schema::Word{"green", ""}};

TEST_CASE("decode of encode is the value itself") {
  const Tree tree = sample();
  const Buffer bytes = schema::encode(schema::cref_to(tree)).value();
  CHECK(schema::decode<Tree>(bytes).value() == tree);
}

TEST_CASE("every truncation and every trailing byte is refused") {
  Buffer bytes = schema::encode(schema::cref_to(sample())).value();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(schema::decode<Tree>(ByteView(bytes).first(size)));
  bytes.push_back(std::byte{0});
  CHECK_FALSE(schema::decode<Tree>(bytes));
}

TEST_CASE("no corruption of a byte crashes the decoder or passes for another type") {
  const Buffer bytes = schema::encode(schema::cref_to(sample())).value();
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const unsigned value : {0x00u, 0x7Fu, 0x80u, 0xFFu}) {
      Buffer bad = bytes;
      bad[at] = static_cast<std::byte>(value);
      if (const Result<Tree> tree = schema::decode<Tree>(bad))
        CHECK(schema::decode<Tree>(schema::encode(schema::cref_to(*tree)).value()).has_value());
    }
}

TEST_CASE("a small message cannot ask for much memory or depth") {
  schema::Encoder bomb;
  bomb.integer(std::uint64_t{1} << 40);
  CHECK_FALSE(schema::decode<std::vector<Nothing>>(bomb.buffer()));

  Buffer deep;
  for (int i = 0; i < 5000; ++i) {
    const std::uint8_t fields[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (const std::uint8_t field : fields) deep.push_back(std::byte{field});
    deep.push_back(std::byte{0});
    deep.push_back(std::byte{0});
    deep.push_back(std::byte{1});
  }
  CHECK_FALSE(schema::decode<Tree>(deep));
}

TEST_CASE("an integer that does not fit its type is refused") {
  schema::Encoder out;
  out.signed_integer(std::int64_t{1} << 40);
  CHECK_FALSE(schema::decode<std::int32_t>(out.buffer()));
  const Buffer long_varint(11, std::byte{0x80});
  CHECK_FALSE(schema::decode<std::uint64_t>(long_varint));
}

TEST_CASE("quantities print in the shortest exact form") {
  CHECK(schema::Scalar<Nanos>::print(50ms) == "50ms");
  CHECK(schema::Scalar<Nanos>::print(90s) == "90s");
  CHECK(schema::Scalar<Nanos>::print(2min) == "2min");
  CHECK(schema::Scalar<Nanos>::print(1500us) == "1500us");
  CHECK(schema::Scalar<Bytes>::print(256_KiB) == "256KiB");
  CHECK(schema::Scalar<Bytes>::print({1000}) == "1000B");
  CHECK(schema::Scalar<Share>::print({0.07}) == "7%");
  CHECK(schema::Scalar<Share>::print({1.5}) == "150%");
  CHECK(schema::Scalar<Share>::print({0.125}) == "12.5%");
  CHECK(schema::print_number(0.1) == "0.1");
}

TEST_CASE("a default-made value is at hand for every type") {
  const schema::Type& type = schema::type_of<Leaf>();
  const Leaf leaf;
  CHECK(type.equal(type.fresh(), &leaf));
}

TEST_CASE("a nameless field puts the fields of its record in its place, however deep") {
  Outer outer{.before = 1, .middle = {.leaf = {.number = 2, .label = "x"}, .last = 3}};
  const auto& shape = std::get<schema::RecordShape>(schema::type_of<Outer>().shape);
  std::vector<std::string_view> names;
  for (const schema::FieldType& field : shape.fields) names.push_back(field.name);
  CHECK(names == std::vector<std::string_view>{"before", "number", "label", "last"});
  CHECK(shape.fields[1].range == schema::range(0, 10));
  *static_cast<std::int32_t*>(shape.fields[1].get(&outer)) = 9;
  CHECK(outer.middle.leaf.number == 9);
  CHECK(schema::decode<Outer>(schema::encode(schema::cref_to(outer)).value()).value() == outer);
}
