// SPDX-License-Identifier: GPL-2.0-only
// The programs of payloads: found on this host, packed once, or the reason for a skip.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "base/fd.h"
#include "cli/payloads.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

struct Packed {
  TemporaryDirectory directory;
  parse::Loaded loaded;
  std::vector<PlannedCase> cases;
  std::set<std::string> paths;
  std::string error;

  void write(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomically(directory / name, as_bytes(text), 0755));
  }

  /// The scenarios of the file `s.yaml` with these payloads, each of which one cgroup runs.
  void pack(const std::string& payloads, const std::string& cgroups,
            const std::vector<std::string>& directories = {}) {
    write("s.yaml", "name: s\npayloads:\n" + payloads + "cgroups:\n" + cgroups);
    loaded = load({directory / "s.yaml"});
    INFO(render_all(loaded.diagnostics, false));
    REQUIRE(loaded.diagnostics.ok());
    cases = expand_all(loaded, {}, loaded.diagnostics).value();
    REQUIRE(cases.size() == 1);
    const Result<std::vector<image::Entry>> entries = pack_payloads(cases, directories);
    if (!entries) error = describe(entries.error());
    if (entries)
      for (const image::Entry& entry : *entries) paths.insert(entry.path);
  }

  [[nodiscard]] const ir::Case& only() const { return cases[0].planned; }
};

}  // namespace

TEST_CASE("a payload's script is found beside its scenario and packed with what it names") {
  Packed it;
  it.write("work", "#!/bin/sh\nsleep 1\n");
  it.write("job.txt", "1");
  it.pack(
      "  - {name: work, run: [work, arg], files: [sleep, job.txt, libc.so.6]}\n"
      "  - {name: unused, run: [no-such-program-at-all]}\n",
      "  - {name: a, payload: work}\n");
  CHECK(it.error.empty());
  CHECK_FALSE(it.only().skip);
  REQUIRE(it.only().program.payloads.size() == 1);
  CHECK(it.only().program.payloads[0].argv == std::vector<std::string>{"/payloads/0/work", "arg"});
  for (const char* path : {"payloads/0/work", "payloads/0/sleep", "payloads/0/job.txt",
                           "payloads/0/lib/libc.so.6", "bin/sh"}) {
    INFO(path);
    CHECK(it.paths.contains(path));
  }
  // Nobody but its payload runs in such a cgroup.
  CHECK(it.only().program.steps[0].cgroups[0].groups.empty());
}

TEST_CASE("a missing program, extractor, tool or library skips the case and is named") {
  const auto skip = [](const std::string& payload) {
    Packed it;
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
  Packed hinted;
  if (!std::filesystem::exists("/usr/bin/cyclictest")) {
    hinted.pack("  - {name: x, run: [cyclictest]}\n", "  - {name: a, payload: x}\n");
    CHECK(names(hinted.only().skip.value_or(""), "Debian's package `rt-tests` has it"));
  }
}

TEST_CASE("programs are looked for in the directories of the command line") {
  Packed it;
  std::filesystem::create_directory(it.directory / "tools");
  it.write("tools/special", "#!/bin/sh\n");
  it.pack("  - {name: x, run: [special]}\n", "  - {name: a, payload: x}\n",
          {it.directory / "tools"});
  CHECK_FALSE(it.only().skip);
  CHECK(it.paths.contains("payloads/0/special"));
}

TEST_CASE("a file of the scenario that is not there is an error") {
  Packed it;
  it.write("work", "#!/bin/sh\n");
  it.pack("  - {name: x, run: [work], files: [data/job]}\n", "  - {name: a, payload: x}\n");
  CHECK(it.error.find("data/job") != std::string::npos);
}
