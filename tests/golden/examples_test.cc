// SPDX-License-Identifier: GPL-2.0-only
// What the README and the hand-written pages show is right: every YAML block is a scenario without
// mistakes, every command line after `$` one that the tools take.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <sstream>

#include "base/fd.h"
#include "cli/arguments.h"
#include "cli/load.h"
#include "support/golden.h"
#include "support/temporary_directory.h"

using namespace ktstr;

namespace {

std::vector<std::string> pages() {
  std::vector<std::string> out = {source_file("README.md")};
  for (const char* directory : {"docs", "docs/guide"})
    for (const auto& entry : std::filesystem::directory_iterator(source_file(directory)))
      if (entry.path().extension() == ".md") out.push_back(entry.path());
  return out;
}

std::vector<std::string> yaml_blocks(const std::string& page) {
  constexpr std::string_view open = "```yaml\n";
  constexpr std::string_view close = "```";
  std::vector<std::string> out;
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    out.push_back(page.substr(at, page.find(close, at) - at));
  }
  return out;
}

/// The words of each line such as `    $ ktstr-run FILE --filter '**/x/**' > out`, without what the
/// shell does with the output.
std::vector<std::vector<std::string>> command_lines(const std::string& page) {
  constexpr std::string_view prompt = "    $ ktstr";
  std::vector<std::vector<std::string>> out;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(prompt)) continue;
    std::istringstream rest(line.substr(line.find('$') + 1));
    std::vector<std::string>& words = out.emplace_back();
    for (std::string word; rest >> word && word != ">" && word != "|";) {
      std::erase(word, '\'');
      words.push_back(word);
    }
  }
  return out;
}

bool is_taken(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const auto argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  if (words[0] == "ktstr-run")
    return std::holds_alternative<cli::RunArguments>(cli::parse_run_arguments(argc, argv.data()));
  return words[0] == "ktstr" &&
         std::holds_alternative<cli::VerbArguments>(cli::parse_verb_arguments(argc, argv.data()));
}

}  // namespace

TEST_CASE("every example of README and docs is a good scenario") {
  const TemporaryDirectory directory;
  std::size_t examples = 0;
  for (const std::string& page : pages())
    for (const std::string& block : yaml_blocks(text_of_file(page))) {
      const std::string file = directory / ("example" + std::to_string(examples++) + ".yaml");
      REQUIRE(write_file_atomically(file, as_bytes(block)));
      INFO(page);
      CHECK(cli::diagnose(file) == "");
    }
  CHECK(examples >= 7);
}

TEST_CASE("every command line of the docs is one that the tools take") {
  std::size_t commands = 0;
  for (const std::string& page : pages())
    for (const std::vector<std::string>& words : command_lines(text_of_file(page))) {
      INFO(page);
      CAPTURE(words);
      CHECK(is_taken(words));
      ++commands;
    }
  CHECK(commands >= 10);
}
