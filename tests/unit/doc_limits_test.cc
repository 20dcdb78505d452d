// SPDX-License-Identifier: GPL-2.0-only
// Whatever a text is, the work is bounded: each limit is met exactly, and beyond it one E002 says
// where. And what may be opened at all.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <unistd.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/doc_support.h"

using namespace ktstr;
using namespace ktstr::doc;

namespace {

std::size_t count(const Node& node) {
  std::size_t nodes = 1;
  for (const Node& item : node.items) nodes += count(item);
  for (const Member& member : node.members) nodes += count(member.value);
  return nodes;
}

void expect_one(const Read& read, std::string_view id, std::string_view message) {
  INFO(read.mistakes());
  REQUIRE(read.diagnostics.errors() == 1);
  CHECK(read.diagnostics.all()[0].code->id == id);
  CHECK(read.diagnostics.all()[0].message.starts_with(message));
  CHECK(read.documents.empty());
}

constexpr std::string_view too_deep = "lists and maps nested more than 64 deep";
constexpr std::string_view too_many = "more than 100000 nodes";

}  // namespace

TEST_CASE("nesting ends at 64, before any parser recurses further") {
  const auto nested = [](std::size_t depth) { return repeat("[", depth) + repeat("]", depth); };
  const auto maps = [](std::string_view open, std::size_t depth) {
    return repeat(open, depth) + "1" + repeat("}", depth);
  };
  for (const Read& read :
       {from_yaml(nested(64)), from_json(nested(64)), from_toml("a = " + nested(63)),
        from_yaml(maps("{a: ", 64)), from_json(maps("{\"a\":", 64)),
        from_toml("a = " + maps("{a=", 63)), from_toml(repeat("a.", 63) + "a = 1"),
        from_toml("[" + repeat("a.", 61) + "a]\nb.c=1")}) {
    INFO(read.source->text.substr(0, 20));
    CHECK(read.mistakes().empty());
  }
  for (const Read& read :
       {from_yaml(nested(65)), from_json(nested(65)), from_toml("a = " + nested(64)),
        from_yaml(maps("{a: ", 65)), from_json(maps("{\"a\":", 65)),
        from_toml("a = " + maps("{a=", 64)), from_toml(repeat("a.", 64) + "a = 1"),
        from_toml("[" + repeat("a.", 62) + "a]\nb.c=1"),
        from_toml("[[" + repeat("a.", 62) + "a]]\nb=1")})
    expect_one(read, "E002", too_deep);

  for (const std::string& text : {repeat("[", 100'000), repeat("{a: ", 100'000), nested(100'000),
                                  repeat("- ", 100'000) + "1", "a: " + repeat("[", 100'000)})
    expect_one(from_yaml(text), "E002", too_deep);
  for (const std::string& text : {repeat("[", 100'000), repeat("{\"a\":", 100'000)})
    expect_one(from_json(text), "E002", too_deep);
  for (const std::string& text : {"a = " + repeat("[", 100'000), "a = " + repeat("{a=", 100'000),
                                  repeat("a.", 500'000) + "a=1", "[" + repeat("a.", 500'000) + "a]",
                                  "[[" + repeat("a.", 500'000) + "a]]"})
    expect_one(from_toml(text), "E002", too_deep);
}

TEST_CASE("brackets that nest nothing do not count") {
  CHECK(from_yaml("a: |\n" + repeat("  x[0] { }\n", 2000)).ok());
  CHECK(from_yaml("a:\n" + repeat("  - 'a [ {'\n  - b[ # [ [\n", 2000)).ok());
  CHECK(from_yaml(repeat("- [a, {b: c}]\n", 2000)).ok());
}

TEST_CASE("100,000 nodes are read, one more is refused") {
  const auto list = [](std::size_t nodes) { return "[" + repeat("1,", nodes - 2) + "1]"; };
  for (const Read& read : {from_json(list(100'000)), from_toml("a=" + list(99'999))}) {
    REQUIRE(read.mistakes().empty());
    CHECK(count(read.root()) == 100'000);
  }
  expect_one(from_json(list(100'001)), "E002", too_many);
  expect_one(from_toml("a=" + list(100'000)), "E002", too_many);
  CHECK(count(from_yaml(repeat("- 1\n", 99'999)).root()) == 100'000);
  expect_one(from_yaml(repeat("- 1\n", 100'000)), "E002", too_many);
  expect_one(from_toml(repeat("[[a]]\n", 150'000)), "E002", too_many);
}

TEST_CASE("an alias counts at every use as all it stands for") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(last + ", ", 9) +
            last + "]\n";
  }
  expect_one(from_yaml(bomb), "E002", too_many);
  expect_one(from_yaml("a: &a " + repeat("x", 60'000) + "\nb: [" + repeat("*a, ", 1'000) + "]\n"),
             "E002", "more than 1 MiB of keys and values");
  // A kept copy counts too, so that copies within copies stay within the limit.
  std::string nested;
  for (std::size_t i = 0; i < 60; ++i)
    nested += repeat(" ", i) + "a: &a" + std::to_string(i) + "\n";
  expect_one(from_yaml(nested + repeat(" ", 60) + "b: [" + repeat("1, ", 20'000) + "]\n"), "E002",
             too_many);
  // The depth of what an alias stands for counts where it is used.
  std::string chain = "a0: &a0 []\n";
  for (int i = 1; i < 70; ++i)
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  expect_one(from_yaml(chain), "E002", too_deep);
}

TEST_CASE("texts, keys and scalars have a longest length") {
  const std::string key(1025, 'k');
  const std::string scalar(65'537, 's');
  CHECK(from_json("{\"" + key + "\": 1}").mistakes().find("E002 a key of") != std::string::npos);
  CHECK(from_toml(key + " = 1").mistakes().find("E002 a key of") != std::string::npos);
  CHECK(from_yaml("? " + key + "\n: 1\n").mistakes().find("E002 a key of") != std::string::npos);
  CHECK(from_json("{\"" + key.substr(1) + "\": 1}").ok());
  CHECK(from_json("[\"" + scalar + "\"]").mistakes().find("E002 a value of") != std::string::npos);
  CHECK(from_toml("a = '" + scalar + "'").mistakes().find("E002 a value of") != std::string::npos);
  CHECK(from_yaml("a: " + scalar).mistakes().find("E002 a value of") != std::string::npos);
  CHECK(from_json("[\"" + scalar.substr(1) + "\"]").ok());
  CHECK(from_json("[" + std::string(max_bytes - 2, ' ') + "]").ok());
  expect_one(from_json("[" + std::string(max_bytes - 1, ' ') + "]"), "E002", "the text is larger");
}

TEST_CASE("reading stops when there are as many mistakes as are kept") {
  for (const Read& read :
       {from_yaml(repeat("k: 1\n", 200'000)), from_toml(repeat("k=1\n", 200'000)),
        from_json("{" + repeat("\"k\":1,", 170'000) + "\"k\":1}")})
    CHECK(read.diagnostics.errors() == Diagnostics::limit);
  CHECK(from_yaml(repeat("--- ]\n", 150'000)).diagnostics.errors() == max_broken);
  CHECK(from_toml(repeat("=\n", 500'000)).diagnostics.errors() == max_broken);
}

TEST_CASE("only regular files of a known name and a bounded size are read") {
  const TemporaryDirectory directory;
  const auto mistakes = [](const std::string& path) {
    Diagnostics diagnostics;
    const std::vector<Document> documents = load(path, diagnostics);
    CHECK(documents.empty());
    REQUIRE(diagnostics.all().size() == 1);
    const Diagnostic& only = diagnostics.all()[0];
    CHECK(to_text(only.place) == path);
    return std::string(only.code->id) + " " + only.message +
           (only.hint.empty() ? "" : " (" + only.hint + ")");
  };
  std::ofstream(directory / "two.yaml") << "\xEF\xBB\xBF"
                                           "a: 1\n";
  Diagnostics diagnostics;
  const std::vector<Document> documents = load(directory / "two.yaml", diagnostics);
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].source->name == directory / "two.yaml");
  CHECK(documents[0].root.members.at(0).key_span == Span{1, 1, 1});

  CHECK(mistakes(directory / "tow.yaml") ==
        "E001 there is no such file (did you mean `" + (directory / "two.yaml") + "`?)");
  CHECK(mistakes(directory / "none/x.yaml") == "E001 there is no such file");
  CHECK(mistakes(directory / "two.yaml/x.yaml").starts_with("E001 "));
  std::filesystem::create_directory(directory / "d.yaml");
  CHECK(mistakes(directory / "d.yaml") == "E001 this is a directory, not a file");
  REQUIRE(::mkfifo((directory / "p.yaml").c_str(), 0600) == 0);
  CHECK(mistakes(directory / "p.yaml") == "E001 this is a pipe, not a file");
  std::filesystem::create_symlink("/dev/zero", directory / "z.yaml");
  CHECK(mistakes(directory / "z.yaml") == "E001 this is a device, not a file");
  std::filesystem::create_symlink("gone.yaml", directory / "l.yaml");
  CHECK(mistakes(directory / "l.yaml") == "E001 this is a link to `gone.yaml`, which is not there");
  std::ofstream(directory / "huge.yaml").close();
  REQUIRE(::truncate((directory / "huge.yaml").c_str(), 1L << 30) == 0);
  CHECK(mistakes(directory / "huge.yaml") == "E002 the file is larger than 1 MiB");
  std::ofstream(directory / "scenario.txt") << "a: 1\n";
  CHECK(mistakes(directory / "scenario.txt") ==
        "E001 the file's name says no format (scenarios end in .yaml, .yml, .toml or .json)");
  std::ofstream(directory / "secret.yaml") << "a: 1\n";
  std::filesystem::permissions(directory / "secret.yaml", std::filesystem::perms::none);
  if (::geteuid() != 0)
    CHECK(mistakes(directory / "secret.yaml") ==
          "E001 the file cannot be opened: Permission denied");
}
