// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "run/directory.h"
#include "run/extract.h"
#include "run/noise.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::run;

namespace fs = std::filesystem;

TEST_CASE("noise is what the threads' schedstat gained, the worst thread per second") {
  const TemporaryDirectory proc;
  const auto set = [&](int thread, const char* text) {
    const std::string task = proc / ("7/task/" + std::to_string(thread));
    fs::create_directories(task);
    REQUIRE(write_file_atomically(task + "/schedstat", as_bytes(text)));
  };
  set(10, "1000 500 3\n");
  set(11, "2000 100 3\n");
  NoiseMeter meter(7, {10, 11, 11}, proc.path());
  set(10, "1500 700 4\n");
  set(11, "2600 150 4\n");
  meter.tick();
  CHECK(meter.noise().on_cpu == 1100ns);
  CHECK(meter.noise().run_delay == 250ns);
  CHECK(meter.noise().worst_per_second == std::vector<Nanos>{200ns});
  fs::remove_all(proc / "7/task/10");
  meter.tick();
  CHECK(meter.noise().worst_per_second.back() == 0ns);
}

TEST_CASE("a run directory is partial until it is finished, and dead ones are swept") {
  const TemporaryDirectory home;
  const std::string runs = home / "runs";
  // No process has the first number; the first of all processes has the second.
  fs::create_directories(runs + "/20200101-000000-99999999.partial/case");
  fs::create_directories(runs + "/20200101-000000-1.partial/case");
  Result<RunDirectory> directory = RunDirectory::create(runs);
  REQUIRE(directory);
  CHECK_FALSE(fs::exists(runs + "/20200101-000000-99999999.partial"));
  CHECK(fs::exists(runs + "/20200101-000000-1.partial/case"));
  const ir::CaseId id{.stem = "../a/b", .scenario = "s"};
  const std::string path = directory->case_directory(id, 0).value();
  CHECK(fs::is_directory(path));
  CHECK(fs::path(path).parent_path().string().ends_with(".partial"));
  CHECK(directory->case_directory(id, 1).value() != path);
  // A second process would see the lock; within one process a second run is another directory.
  REQUIRE(directory->finish());
  CHECK(fs::is_directory(directory->finally(path)));
  CHECK(fs::is_directory(directory->final_path()));
}

TEST_CASE("only the latest fifty runs are kept") {
  const TemporaryDirectory home;
  const auto run_of = [&](int second) {
    return home / ("20200101-0000" + std::to_string(second) + "-7");
  };
  for (int second = 10; second < 60; ++second) fs::create_directory(run_of(second));
  REQUIRE(RunDirectory::create(home.path()));
  CHECK(fs::exists(run_of(10)));
  fs::create_directory(run_of(60));
  REQUIRE(RunDirectory::create(home.path())->finish());
  CHECK_FALSE(fs::exists(run_of(10)));
  CHECK(fs::exists(run_of(11)));
}

TEST_CASE("what is no run directory is never removed") {
  const TemporaryDirectory home;
  std::vector<std::string> names = {"thesis",
                                    "thesis.partial",
                                    ".partial",
                                    "20200101-000000",
                                    "20200101-000000.partial",
                                    "20200101-000000-.partial",
                                    "20200101-000000--9.partial",
                                    "20200101-000000-99999999999.partial",
                                    "20200101-000000-99999999-draft.partial",
                                    "2020010a-000000-99999999.partial",
                                    "x20200101-000000-99999999.partial"};
  for (int i = 0; i < 60; ++i) names.push_back("year-" + std::to_string(2000 + i));
  for (const std::string& name : names) fs::create_directories(home / name + "/within");
  for (int second = 10; second < 70; ++second) {
    names.push_back("20200101-0000" + std::to_string(second) + "-7");
    REQUIRE(write_file_atomically(home / names.back(), as_bytes("a file, no directory")));
  }
  fs::create_directory_symlink(home / "thesis", home / "20200101-000000-99999999.partial");
  REQUIRE(RunDirectory::create(home.path()));
  for (const std::string& name : names) {
    INFO(name);
    CHECK(fs::exists(home / name));
  }
  CHECK(fs::exists(home / "thesis/within"));
  CHECK(fs::is_symlink(home / "20200101-000000-99999999.partial"));
}

TEST_CASE("an extractor gets what a payload wrote, and what it makes or why it fails is kept") {
  const auto payload = [](std::string name, ir::Argv extractor) {
    return ir::Payload{.name = std::move(name),
                       .run = {},
                       .output = ir::CommandOutput{std::move(extractor)},
                       .metrics = {},
                       .files = {},
                       .timeout = {}};
  };
  std::vector<ir::PayloadRun> runs{{.payload = "upper", .out = "words", .err = "unused"},
                                   {.payload = "upper", .err = "errors"},
                                   {.payload = "fails", .out = "words"},
                                   {.payload = "plain", .out = "words"}};
  ir::Payload plain;
  plain.name = "plain";
  run_extractors(
      {payload("upper", {"/bin/sh", "-c", "tr a-z A-Z"}),
       payload("fails", {"/bin/sh", "-c", "cat >/dev/null; echo why >&2; exit 3"}), plain},
      runs);
  CHECK(runs[0].extracted == "WORDS");
  CHECK(runs[1].extracted == "ERRORS");
  CHECK(runs[2].extracted.empty());
  CHECK(runs[2].extract_error.find("exit 3") != std::string::npos);
  CHECK(runs[2].extract_error.find("why") != std::string::npos);
  CHECK(runs[3].extracted.empty());
  CHECK(runs[3].extract_error.empty());
}
