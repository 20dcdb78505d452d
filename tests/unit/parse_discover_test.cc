// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "parse/discover.h"
#include "support/parse_text.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::testing;
namespace fs = std::filesystem;

namespace {

struct Tree {
  TemporaryDirectory root;

  explicit Tree(std::initializer_list<const char*> files) {
    for (const std::string file : files) {
      fs::create_directories(fs::path(root / file).parent_path());
      std::ofstream(root / file) << "name: x\n";
    }
  }
  std::string found(std::vector<std::string> arguments) const {
    Diagnostics diagnostics;
    for (std::string& each : arguments) each = each.empty() ? root.path() : root / each;
    std::string out;
    for (const parse::ScenarioFile& file : parse::discover(arguments, diagnostics))
      out += fs::relative(file.path, root.path()).string() + "=" + file.stem + " ";
    for (const Diagnostic& each : diagnostics.all())
      out += std::string(each.code->id) + " " + each.message;
    return out;
  }
};

}  // namespace

TEST_CASE("a directory means the scenario files below it, in order") {
  const Tree tree{"b.yaml",  "a.toml",        "sub/c.yml", "sub/deep/d.json", "_part.yaml",
                  ".x.yaml", "sub/_e/f.yaml", "README.md", "a.yaml",          ".git/g.yaml"};
  CHECK(tree.found({""}) ==
        "a.toml=a.toml a.yaml=a.yaml b.yaml=b sub/c.yml=sub/c sub/deep/d.json=sub/deep/d ");
  CHECK(tree.found({"sub"}) == "sub/c.yml=c sub/deep/d.json=deep/d ");
  CHECK(tree.found({"sub/"}) == "sub/c.yml=c sub/deep/d.json=deep/d ");
}

TEST_CASE("files are taken as they are given, each once") {
  const Tree tree{"_part.yaml", "a.yaml", "sub/a.yaml"};
  CHECK(tree.found({"_part.yaml", "a.yaml", "sub/../a.yaml", ""}) ==
        "_part.yaml=_part a.yaml=a sub/a.yaml=sub/a ");
  CHECK(tree.found({"a.yaml", "sub/a.yaml"}) ==
        "a.yaml=" + tree.root / "a.yaml" + " sub/a.yaml=" + tree.root / "sub/a.yaml" + " ");
  CHECK(tree.found({"missing.yaml"}) == "missing.yaml=missing ");
}

TEST_CASE("a directory without scenarios is an error, and links to directories are not followed") {
  const Tree tree{"sub/README.md", "sub/_x.yaml"};
  fs::create_directory_symlink(tree.root.path(), tree.root / "sub/loop");
  CHECK(tree.found({"sub"}) == "E001 no scenario files in this directory");
}
