// SPDX-License-Identifier: GPL-2.0-only
// Files that are no scenarios: one clear error each, and little work.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "support/parse_text.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::testing;
namespace fs = std::filesystem;

namespace {

/// The code of the only error; all of them when there are several.
std::string only_code(const parse::Loaded& loaded) {
  std::string out;
  for (const Diagnostic& each : loaded.diagnostics.all())
    out += (out.empty() ? "" : " ") + std::string(each.code->id);
  return out;
}

std::string code_of_text(const std::string& text, doc::Format format = doc::Format::yaml) {
  return only_code(load_text(text, format));
}

}  // namespace

TEST_CASE("files that cannot be scenarios get one error") {
  const TemporaryDirectory directory;
  const auto code_of = [&](const std::string& name) {
    return only_code(parse::load(directory / name, "x"));
  };
  fs::create_directory(directory / "directory.yaml");
  CHECK(code_of("directory.yaml") == "E001");
  REQUIRE(::mkfifo((directory / "fifo.yaml").c_str(), 0600) == 0);
  CHECK(code_of("fifo.yaml") == "E001");
  CHECK(code_of("missing.yaml") == "E001");
  std::ofstream(directory / "sparse.yaml") << "name: x\n";
  REQUIRE(::truncate((directory / "sparse.yaml").c_str(), off_t{1} << 30) == 0);
  CHECK(code_of("sparse.yaml") == "E002");
  std::ofstream(directory / "latin.yaml") << "name: caf\xe9\n";
  CHECK(code_of("latin.yaml") == "E003");
  std::ofstream(directory / "empty.yaml") << "";
  CHECK(code_of("empty.yaml") == "E004");
}

TEST_CASE("texts that would blow up get one error") {
  CHECK(code_of_text("a: " + std::string(100'000, '[')) == "E002");
  CHECK(code_of_text(std::string(100'000, '['), doc::Format::json) == "E002");
  CHECK(code_of_text("a = " + std::string(100'000, '['), doc::Format::toml) == "E002");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int n = 1; n < 10; ++n) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK(code_of_text(bomb) == "E002");
  CHECK(code_of_text("duration: 5s\nduration: 6s\ncgroups: [{name: a}]\n") == "E005");
}

TEST_CASE("a document that is no map gets one error") {
  CHECK(code_of_text("- a\n- b\n") == "E010");
  CHECK(code_of_text("just text\n") == "E010");
  CHECK(code_of_text("[]", doc::Format::json) == "E010");
}

TEST_CASE("mistakes beyond the hundredth are counted") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "key_" + std::to_string(i) + ": 1\n";
  const parse::Loaded loaded = load_text(text);
  CHECK(loaded.diagnostics.all().size() == Diagnostics::limit);
  CHECK(loaded.diagnostics.errors() >= 500);
}

TEST_CASE("vars that use each other in long chains are refused before they are followed") {
  std::string text = "cgroups: [{name: a}]\nvars:\n";
  for (int i = 0; i < 5000; ++i)
    text += "  v" + std::to_string(i) + ": v" + std::to_string(i + 1) + " + 1\n";
  CHECK(mistakes(text).starts_with("E015 2:1 a scenario may have at most 256 vars"));
}

TEST_CASE("every truncation of a scenario is read or refused") {
  const std::string whole =
      "vars: {n: cpus / 2}\ncgroups:\n  - {name: a, workers: n, work: {bursty: {burst: 5ms}}}\n"
      "steps:\n  - hold: {every: 5ms, for: 50%}\n    ops: [{freeze: a}]\nclaims: [a.max_gap <= "
      "1s]\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const parse::Loaded loaded = load_text(whole.substr(0, length));
    CHECK(loaded.scenarios.size() <= 1);
  }
}
