// SPDX-License-Identifier: GPL-2.0-only
// Every YAML example in the README and the hand-written pages is a scenario without mistakes.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/fd.h"
#include "cli/load.h"
#include "support/golden.h"
#include "support/temporary_directory.h"

using namespace ktstr;

namespace {

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

}  // namespace

TEST_CASE("every example of README and docs is a good scenario") {
  const TemporaryDirectory directory;
  std::vector<std::string> pages = {source_file("README.md")};
  for (const auto& entry : std::filesystem::directory_iterator(source_file("docs")))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  std::size_t examples = 0;
  for (const std::string& page : pages)
    for (const std::string& block : yaml_blocks(text_of_file(page))) {
      const std::string file = directory / ("example" + std::to_string(examples++) + ".yaml");
      REQUIRE(write_file_atomically(file, as_bytes(block)));
      INFO(page);
      CHECK(cli::diagnose(file) == "");
    }
  CHECK(examples >= 1);
}
