// SPDX-License-Identifier: GPL-2.0-only
// The programs of payloads: found on this host, packed once, or the reason for a skip.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "cli/payloads.h"
#include "unit/cli_cases.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

struct PackedCases : test::Cases {
  std::set<std::string> paths{};
  std::string error{};

  /// One scenario with these payloads, each of which one cgroup runs.
  void pack(const std::string& payloads, const std::string& cgroups,
            const std::vector<std::string>& directories = {}) {
    expand("name: s\npayloads:\n" + payloads + "cgroups:\n" + cgroups);
    REQUIRE(cases.size() == 1);
    if (const Status packed = pack_payloads(cases, directories); !packed)
      error = describe(packed.error());
    paths = test::paths_of(cases[0]);
  }
};

}  // namespace

TEST_CASE("a payload's script is found beside its scenario and packed with what it names") {
  PackedCases it;
  it.write("work", "#!/bin/sh\nsleep 1\n");
  it.write("job.txt", "1");
  it.pack(
      "  - {name: work, run: [work, arg], files: [sleep, job.txt, libc.so.6]}\n"
      "  - {name: unused, run: [no-such-program-at-all]}\n",
      "  - {name: a, payload: work}\n");
  CHECK(it.error.empty());
  CHECK_FALSE(it.only().skip);
  REQUIRE(it.only().program.payloads.size() == 1);
  const std::vector<std::string>& argv = it.only().program.payloads[0].argv;
  const std::string directory = std::filesystem::path(argv.at(0)).parent_path().relative_path();
  CHECK(directory.starts_with("payloads/"));
  CHECK(argv == std::vector<std::string>{"/" + directory + "/work", "arg"});
  for (const char* name : {"work", "sleep", "job.txt", "lib/libc.so.6"}) {
    INFO(name);
    CHECK(it.paths.contains(directory + "/" + name));
  }
  CHECK(it.paths.contains("bin/sh"));
  // Nobody but its payload runs in such a cgroup.
  CHECK(it.only().program.steps[0].cgroups[0].groups.empty());
}

TEST_CASE("a missing program, extractor, tool or library skips the case and is named") {
  const auto skip = [](const std::string& payload) {
    PackedCases it;
    it.write("work", "#!/bin/sh\n");
    it.pack("  - " + payload + "\n", "  - {name: a, payload: x}\n");
    CHECK(it.error.empty());
    CHECK(it.paths.empty());
    return it.only().skip.value_or("");
  };
  const auto names = [](const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(names(skip("{name: x, run: [no-such-program]}"),
              "s.yaml:3:20: the program `no-such-program` of the payload `x` is not found"));
  CHECK(names(skip("{name: x, run: [./gone]}"), "`./gone`"));
  CHECK(names(skip("{name: x, run: [work], output: {command: [no-extractor]}}"), "`no-extractor`"));
  CHECK(names(skip("{name: x, run: [work], files: [no-tool]}"), "`no-tool`"));
  CHECK(names(skip("{name: x, run: [work], files: [libno-such.so.9]}"), "libno-such.so.9"));
  PackedCases hinted;
  if (!std::filesystem::exists("/usr/bin/cyclictest")) {
    hinted.pack("  - {name: x, run: [cyclictest]}\n", "  - {name: a, payload: x}\n");
    CHECK(names(hinted.only().skip.value_or(""), "Debian's package `rt-tests` has it"));
  }
}

TEST_CASE("programs are looked for in the directories of the command line") {
  PackedCases it;
  std::filesystem::create_directory(it.directory / "tools");
  it.write("tools/special", "#!/bin/sh\n");
  it.pack("  - {name: x, run: [special]}\n", "  - {name: a, payload: x}\n",
          {it.directory / "tools"});
  CHECK_FALSE(it.only().skip);
  CHECK(it.only().program.payloads[0].argv[0].ends_with("/special"));
  CHECK(it.paths.contains(it.only().program.payloads[0].argv[0].substr(1)));
}

TEST_CASE("a file of the scenario that is not there is an error") {
  PackedCases it;
  it.write("work", "#!/bin/sh\n");
  it.pack("  - {name: x, run: [work], files: [data/job]}\n", "  - {name: a, payload: x}\n");
  CHECK(it.error.find("data/job") != std::string::npos);
}
