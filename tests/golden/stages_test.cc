// SPDX-License-Identifier: GPL-2.0-only
// What parse, expand and plan make of the shipped scenarios, and the pages that name all of them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include <fmt/format.h>

#include "cli/load.h"
#include "plan/launch.h"
#include "schema/print.h"
#include "support/golden.h"
#include "wire/messages.h"

using namespace ktstr;

namespace {

struct Shipped {
  parse::Loaded loaded;
  std::vector<cli::PlannedCase> cases;
};

Shipped shipped() {
  Shipped out{.loaded = cli::load({source_file("scenarios")}), .cases = {}};
  out.cases = cli::expand_all(out.loaded, {}, out.loaded.diagnostics).value();
  INFO(cli::render_all(out.loaded.diagnostics, false));
  REQUIRE(out.loaded.diagnostics.ok());
  return out;
}

std::string theme_of(const std::string& stem) {
  return stem.substr(0, stem.find('/'));
}

/// Whether each stage's view of it is kept: of themes that together use every part of the language.
bool is_kept(const std::string& stem) {
  constexpr std::string_view themes[] = {"expressions", "host",     "hotplug",
                                         "payloads",    "programs", "quickstart",
                                         "sched_ext",   "series",   "truth"};
  return std::ranges::find(themes, theme_of(stem)) != std::end(themes);
}

/// The page that lists them by theme, which is their topmost directory.
std::string library_page(const std::vector<parse::LoadedScenario>& scenarios) {
  std::string out =
      "# The library\n\n"
      "Every scenario that ships, by theme. `ktstr-run scenarios/THEME` runs a theme under the "
      "kernel's own\nscheduler, with `--scheduler NAME=PATH` under another.\n";
  std::string theme;
  for (const parse::LoadedScenario& scenario : scenarios) {
    const std::string folder = theme_of(scenario.stem);
    if (folder != theme)
      out += fmt::format("\n## {}\n\n| scenario | what it is for |\n|---|---|\n", folder);
    theme = folder;
    out += fmt::format("| [{}](../scenarios/{}.yaml) | {} |\n", scenario.scenario.name,
                       scenario.stem, scenario.scenario.about);
  }
  return out;
}

}  // namespace

TEST_CASE("docs/library.md names every shipped scenario and what it is for") {
  const Shipped all = shipped();
  for (const parse::LoadedScenario& scenario : all.loaded.scenarios) {
    INFO(scenario.stem);
    CHECK(!scenario.scenario.about.empty());
  }
  check_golden("docs/library.md", library_page(all.loaded.scenarios));
}

TEST_CASE("the IR of scenarios is as agreed") {
  const Shipped all = shipped();
  CHECK(all.loaded.scenarios.size() >= 11);
  for (const parse::LoadedScenario& scenario : all.loaded.scenarios)
    if (is_kept(scenario.stem))
      check_golden("tests/golden/" + scenario.stem + "." + scenario.scenario.name + ".ir.yaml",
                   schema::print(schema::cref_to(scenario.scenario)));
}

TEST_CASE("the cases of scenarios are as agreed") {
  const Shipped all = shipped();
  for (const cli::PlannedCase& planned : all.cases)
    if (is_kept(planned.planned.id.stem))
      check_golden("tests/golden/" + planned.planned.id.stem + "." + planned.planned.id.scenario +
                       ".case.yaml",
                   schema::print(schema::cref_to(planned.planned)));
}

TEST_CASE("every shipped scenario can be launched, and is so as agreed") {
  const ir::HostFacts host{.cpus = 4, .memory_available = 16_GiB};
  const ir::KernelFacts kernel{
      .name = "made-up", .version = {7, 3, 4}, .vmlinux = "/boot/vmlinux", .pvh = true};
  for (const cli::PlannedCase& planned : shipped().cases) {
    const auto decided = plan::decide(planned.planned, host, kernel, {.vsock_port = wire::port});
    REQUIRE(std::holds_alternative<plan::Launch>(decided));
    const plan::Launch& launch = std::get<plan::Launch>(decided);
    if (!is_kept(planned.planned.id.stem)) continue;
    check_golden(
        "tests/golden/" + planned.planned.id.stem + "." + planned.planned.id.scenario +
            ".launch.yaml",
        schema::print(schema::cref_to(launch.machine)) +
            fmt::format("# limits: boot {} s, silence {} s, run {} s\n", launch.boot_limit / 1s,
                        launch.silence_limit / 1s, launch.run_limit / 1s));
  }
}

TEST_CASE("every golden file belongs to a shipped scenario") {
  std::set<std::string> known;
  for (const parse::LoadedScenario& scenario : shipped().loaded.scenarios) {
    known.insert(scenario.stem + "." + scenario.scenario.name + ".ir.yaml");
    known.insert(scenario.stem + "." + scenario.scenario.name + ".case.yaml");
    known.insert(scenario.stem + "." + scenario.scenario.name + ".launch.yaml");
  }
  namespace fs = std::filesystem;
  const fs::path top = source_file("tests/golden");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top))
    if (entry.path().extension() == ".yaml") {
      INFO(entry.path().string());
      CHECK(known.contains(fs::relative(entry.path(), top)));
    }
}

TEST_CASE("every shipped scenario has passed, says docs/tested.md") {
  const std::string table = text_of_file(source_file("docs/tested.md"));
  for (const parse::LoadedScenario& scenario : shipped().loaded.scenarios) {
    const std::string folder = scenario.stem.substr(0, scenario.stem.rfind('/'));
    INFO(folder << "/" << scenario.scenario.name);
    const std::string row = "| " + folder + "/" + scenario.scenario.name + " | ";
    CHECK(table.find(row + "pass |") != std::string::npos);
  }
}
