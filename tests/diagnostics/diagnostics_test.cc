// SPDX-License-Identifier: GPL-2.0-only
// Every file CODE/CASE.{yaml,toml,json} here is wrong in the way of CODE, and CASE.txt beside it is
// what the user is told. A CASE.txt without a file is about one that cannot be read. ACCEPT=1
// rewrites the texts.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "base/codes.h"
#include "cli/load.h"
#include "support/golden.h"

namespace fs = std::filesystem;

namespace {

struct Example {
  std::string code;
  std::string input;     ///< As the messages name it: `E012/cgroup.yaml`.
  std::string expected;  ///< Its text, from the top of the source tree.
};

/// CASE -> its files, of one folder.
std::vector<Example> examples_in(const fs::path& folder) {
  std::map<std::string, Example> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path relative = folder.filename() / entry.path().filename();
    const std::string extension = relative.extension();
    if (relative.filename().string().starts_with('_')) continue;
    Example& example = cases[relative.stem()];
    example.code = folder.filename();
    example.expected =
        "tests/diagnostics/" + example.code + "/" + relative.stem().string() + ".txt";
    if (extension != ".txt") example.input = relative;
  }
  std::vector<Example> out;
  for (auto& [name, example] : cases) {
    if (example.input.empty()) example.input = example.code + "/" + name + ".yaml";
    out.push_back(example);
  }
  return out;
}

std::vector<Example> examples() {
  fs::current_path(source_file("tests/diagnostics"));  // Messages name files from here.
  std::vector<Example> out;
  std::set<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator("."))
    if (entry.is_directory()) folders.insert(entry.path());
  for (const fs::path& folder : folders)
    for (Example& example : examples_in(folder)) out.push_back(std::move(example));
  return out;
}

}  // namespace

TEST_CASE("every wrong file is told what is wrong with it") {
  for (const Example& example : examples()) {
    INFO(example.input);
    const std::string told = ktstr::cli::diagnose(example.input);
    CHECK(told.find("[" + example.code + "]") != std::string::npos);
    check_golden(example.expected, told);
  }
}

TEST_CASE("every code has an example") {
  std::set<std::string> have;
  for (const Example& example : examples()) have.insert(example.code);
  std::set<std::string> known;
  for (const ktstr::CodeRow& row : ktstr::code_rows) {
    const std::string id(row.id);
    known.insert(id);
    INFO(id);
    CHECK(have.contains(id));
  }
  for (const std::string& code : have) {
    INFO(code);
    CHECK(known.contains(code));
  }
}
