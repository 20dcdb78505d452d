// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "support/parse_text.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::testing;
namespace fs = std::filesystem;

namespace {

struct Files {
  TemporaryDirectory root;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  parse::Loaded load(const std::string& name) const { return parse::load(root / name, "stem"); }
};

}  // namespace

TEST_CASE("included maps merge, named lists merge by name, others are replaced") {
  const Files files;
  files.write("parts/_base.yaml",
              "duration: 9s\nsettle: 1s\nchecks: {gap: 1s, spread: 20%}\n"
              "claims: [a.cpu_time > 0s]\n"
              "cgroups:\n"
              "  - {name: a, workers: 1, work: {bursty: {burst: 1ms, sleep: 2ms}}}\n"
              "  - {name: b, workers: 2, cpuset: {llc: 0}}\n");
  files.write("main.toml",
              "include = \"parts/_base.yaml\"\nduration = \"3s\"\nclaims = [\"b.cpu_time > 0s\"]\n"
              "checks = {gap = \"2s\"}\n"
              "[[cgroups]]\nname = \"b\"\nnice = 3\ncpuset = {disjoint = [0, 2]}\n"
              "[[cgroups]]\nname = \"c\"\n"
              "[[cgroups]]\nname = \"a\"\nwork = {bursty = {burst = \"7ms\"}}\n");
  const parse::Loaded loaded = files.load("main.toml");
  CHECK(mistakes(loaded.diagnostics) == "");
  const ir::Scenario& scenario = loaded.scenarios.at(0).scenario;
  CHECK(scenario.name == "stem");
  CHECK(scenario.duration == 3s);
  CHECK(scenario.settle == 1s);
  CHECK(std::get<Nanos>(*scenario.checks.gap) == 2s);
  CHECK(std::get<Share>(*scenario.checks.spread).fraction == 0.2);
  REQUIRE(scenario.claims.size() == 1);
  CHECK(scenario.claims[0].text == "b.cpu_time > 0s");
  REQUIRE(scenario.cgroups.size() == 3);
  CHECK(std::get<ir::Bursty>(*scenario.cgroups[0].group.work) == ir::Bursty{7ms, 2ms});
  CHECK(scenario.cgroups[1].group.nice == ir::Count(3));
  CHECK(std::get<ir::DisjointCpus>(*scenario.cgroups[1].cpuset) == ir::DisjointCpus{0, 2});
  CHECK(scenario.cgroups[2].name == "c");
}

TEST_CASE("places and mistakes are those of the file in which they stand") {
  const Files files;
  files.write("_base.yaml", "cgroups:\n  - {name: a, wrokers: 1, nice: 50}\nsettle: 1s\n");
  files.write("main.yaml", "include: _base.yaml\ncgroups:\n  - {name: a, cpu: {weight: 0}}\n");
  const parse::Loaded loaded = files.load("main.yaml");
  std::string out;
  for (const Diagnostic& each : loaded.diagnostics.all())
    out +=
        fs::path(to_text(each.place)).filename().string() + " " + std::string(each.code->id) + "\n";
  CHECK(out == "_base.yaml:2:15 E012\n_base.yaml:2:33 E015\nmain.yaml:3:29 E015\n");
  const ir::SourceMap& map = loaded.scenarios.at(0).map;
  CHECK(to_text(map.find("settle")) == files.root / "_base.yaml" + ":3:9");
  CHECK(to_text(map.find("cgroups[0].name")) == files.root / "main.yaml" + ":3:12");
}

TEST_CASE("included files include further ones, relative to themselves") {
  const Files files;
  files.write("a/_one.yaml", "include: ../b/_two.yaml\nsettle: 1s\n");
  files.write("b/_two.yaml", "settle: 2s\nduration: 7s\ncgroups: [{name: x}]\n");
  files.write("main.yaml", "include: [a/_one.yaml, b/_two.yaml]\nsettle: 3s\n");
  const parse::Loaded loaded = files.load("main.yaml");
  // The two differ on settle, whatever this file says itself.
  CHECK(mistakes(loaded.diagnostics).starts_with("E023 1:9 two includes give this differently"));
  files.write("main.yaml", "include: a/_one.yaml\n");
  CHECK(mistakes(files.load("main.yaml").diagnostics) == "");
  CHECK(files.load("main.yaml").scenarios.at(0).scenario.settle == 1s);
  CHECK(files.load("main.yaml").scenarios.at(0).scenario.duration == 7s);
}

TEST_CASE("circles and towers of includes end") {
  const Files files;
  files.write("self.yaml", "include: ./self.yaml\n");
  CHECK(mistakes(files.load("self.yaml").diagnostics)
            .starts_with("E023 1:10 `./self.yaml` includes itself"));
  // Each includes the next one twice: 2^20 loads, were they not counted.
  for (int i = 0; i < 20; ++i) {
    const std::string next = "_" + std::to_string(i + 1) + ".yaml";
    files.write("_" + std::to_string(i) + ".yaml", "include: [" + next + ", ./" + next + "]\n");
  }
  files.write("tower.yaml", "include: _0.yaml\n");
  CHECK(mistakes(files.load("tower.yaml").diagnostics).find("E023") != std::string::npos);
}

TEST_CASE("what cannot be included is said at the include") {
  const Files files;
  files.write("main.yaml", "include: [_gone.yaml, 5]\ncgroups: [{name: a}]\n");
  const std::string said = mistakes(files.load("main.yaml").diagnostics);
  CHECK(said.find("E010 1:23 `include` takes the path of a file, or a list of them\n") !=
        std::string::npos);
  CHECK(said.find("E023 1:11 cannot include `_gone.yaml`") != std::string::npos);
}
