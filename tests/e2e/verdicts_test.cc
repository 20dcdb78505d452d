// SPDX-License-Identifier: GPL-2.0-only
// Each exit status of ktstr-run, and what is left after it was killed.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <random>
#include <sstream>
#include <thread>

#include <signal.h>

#include "base/clock.h"
#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

/// A scenario that spins for `duration`, with `extra` lines.
std::string write_scenario(const TemporaryDirectory& directory, const std::string& name,
                           const std::string& extra) {
  const std::string path = directory / (name + ".yaml");
  const std::string text = "name: " + name + "\ncgroups: [{name: a, workers: 1}]\n" + extra;
  REQUIRE(write_file_atomically(path, as_bytes(text)));
  return path;
}

struct Expected {
  const char* name;
  const char* extra;
  int status;
  const char* says;
};

void comes_to(const Expected& expected, std::vector<std::string> more = {}) {
  const TemporaryDirectory directory;
  more.push_back(write_scenario(directory, expected.name, expected.extra));
  const Output output = ktstr_run(directory / "runs", more);
  CHECK(output.exit == Exit{expected.status, 0});
  CHECK((output.out + output.err).find(expected.says) != std::string::npos);
}

}  // namespace

TEST_CASE("a false claim fails with its own text, place and value") {
  if (const auto reason = obstacle()) SKIP(*reason);
  comes_to({"false_claim", "duration: 1s\nclaims:\n  - a.cpu_time >= 2s\n", 1,
            "false_claim.yaml:5: a.cpu_time >= 2s"});
}

TEST_CASE("with its ops left out, every claim about what an op did fails") {
  if (const auto reason = obstacle()) SKIP(*reason);
  struct Left {
    const char* file;
    const char* scenario;
    std::size_t failing;
    const char* holds;  ///< What is not about an op.
  };
  for (const auto& [file, scenario, failing, holds] :
       {Left{"truth/ops", "ops", 11, ": a.cpus_used@start == {0} – a@start: {0}"},
        Left{"truth/policies", "policies", 4,
             ": wide.cpus_used@again == {2-3} – wide@again: {2-3}"},
        Left{"truth/limits", "set_memory", 1, ""},
        Left{"policies/turns_by_sysctl", "turns_by_sysctl", 1, ""}}) {
    std::string text = *read_text(source_path(std::string("scenarios/") + file + ".yaml"));
    for (std::size_t at = 0; (at = text.find(", ops: [", at)) != std::string::npos;)
      text.erase(at, text.find("],", at) + 1 - at);
    const TemporaryDirectory directory;
    REQUIRE(write_file_atomically(directory / "left.yaml", as_bytes(text)));
    const Output output =
        ktstr_run(directory / "runs", {directory / "left.yaml", "--filter", scenario, "--verbose"});
    INFO(output.out);
    CHECK(output.exit == Exit{1, 0});
    CHECK(lines_beginning(output.out, "  FAIL") == failing);
    CHECK(output.out.find(holds) != std::string::npos);
  }
}

TEST_CASE("with the keys of its groups left out, every claim about what they do fails") {
  if (const auto reason = obstacle()) SKIP(*reason);
  struct Left {
    const char* file;
    std::size_t failing;
  };
  for (const auto& [file, failing] : {Left{"numa_memory", 7}, Left{"workers", 6}}) {
    std::istringstream lines(
        *read_text(source_path(std::string("scenarios/truth/") + file + ".yaml")));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      const std::string key = line.substr(0, line.find(':'));
      const std::string_view keys[] = {"    mem_policy", "    cpuset_mems", "    node", "    clone",
                                       "    policy"};
      if (std::ranges::find(keys, key) == std::end(keys)) text += line + "\n";
    }
    const TemporaryDirectory directory;
    REQUIRE(write_file_atomically(directory / "left.yaml", as_bytes(text)));
    std::filesystem::copy_file(source_path("scenarios/truth/who.sh"), directory / "who.sh");
    const Output output = ktstr_run(directory / "runs", {directory / "left.yaml"});
    INFO(output.out);
    CHECK(output.exit == Exit{1, 0});
    CHECK(lines_beginning(output.out, "  FAIL") == failing);
  }
}

TEST_CASE("an emulated machine's throughput cannot fail a scenario") {
  if (const auto reason = obstacle()) SKIP(*reason);
  comes_to({"slow", "duration: 1s\nclaims: [a.iterations > 1000000000000]\n", 2, "INCONCLUSIVE"});
}

TEST_CASE("a case over its timeout is an error") {
  if (const auto reason = obstacle()) SKIP(*reason);
  comes_to({"late", "duration: 20s\ntimeout: 1s\n", 3, "timeout"});
}

TEST_CASE("bad input is 4, nothing run is 5, and neither boots anything") {
  comes_to({"typo", "duration: 5\n", 4, "typo.yaml:3:11"});
  comes_to({"nothing", "", 4, "no case matches"}, {"--filter", "x"});
  if (const auto reason = obstacle()) SKIP(*reason);
  comes_to({"huge", "topology: 1n1l64c1t\n", 5, "SKIP"});
  comes_to({"huge", "topology: 1n1l64c1t\n", 0, "SKIP"}, {"--allow-skip"});
  comes_to({"old", "kernel: {max: '5.0'}\n", 5, "it needs kernel 5.0 or older"});
}

TEST_CASE("an expected failure passes, and only it does") {
  if (const auto reason = obstacle()) SKIP(*reason);
  comes_to({"wanted",
            "duration: 1s\nclaims: [a.cpu_time >= 2s]\n"
            "expect: {verdict: fail, claim: a.cpu_time >= 2s}\n",
            0, "PASS"});
}

TEST_CASE("Ctrl-C writes the reports, exits 130 within 3 s and leaves no process") {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory directory;
  const std::string name = "interrupted_" + std::to_string(::getpid());
  const std::string json = directory / "result.json";
  Process process =
      Process::spawn(command(directory / "runs",
                             {write_scenario(directory, name, "duration: 60s\n"), "--json", json}))
          .value();
  std::this_thread::sleep_for(4s);
  REQUIRE(process.signal(SIGINT));
  const Result<std::optional<Exit>> exit = process.wait(3s);
  REQUIRE(exit);
  CHECK(*exit == Exit{130, 0});
  CHECK(read_text(json)->find("\"interrupted\": true") != std::string::npos);
  CHECK(processes_with(name).empty());
}

TEST_CASE("a second Ctrl-C ends it at once") {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory directory;
  const std::string name = "twice_" + std::to_string(::getpid());
  const std::string file = write_scenario(directory, name, "duration: 60s\n");
  Process process = Process::spawn(command(directory / "runs", {file})).value();
  std::this_thread::sleep_for(3s);
  REQUIRE(process.signal(SIGINT));
  REQUIRE(process.signal(SIGTERM));
  const Result<std::optional<Exit>> exit = process.wait(500ms);
  REQUIRE(exit);
  CHECK(*exit == Exit{130, 0});
  const Deadline deadline(2s);
  while (!processes_with(name).empty() && !deadline.passed()) std::this_thread::sleep_for(20ms);
  CHECK(processes_with(name).empty());
}

TEST_CASE("SIGKILL at twenty random moments leaves nothing behind") {
  if (const auto reason = obstacle()) SKIP(*reason);
  const TemporaryDirectory directory;
  const std::string name = "killed_" + std::to_string(::getpid());
  const std::string file = write_scenario(directory, name, "duration: 60s\n");
  const auto files_in = [](const char* folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      count += entry.path().filename().string().starts_with("ktstr") ? 1 : 0;
    return count;
  };
  const std::size_t in_shm = files_in("/dev/shm");
  const std::size_t in_tmp = files_in("/tmp");
  std::mt19937 random(20);
  for (int round = 0; round < 20; ++round) {
    Process process = Process::spawn(command(directory / "runs", {file})).value();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 5000));
    REQUIRE(process.signal(SIGKILL));
    REQUIRE(process.wait(2s).value());
    const Deadline deadline(2s);
    while (!processes_with(name).empty() && !deadline.passed()) std::this_thread::sleep_for(20ms);
    CHECK(processes_with(name).empty());
  }
  CHECK(files_in("/dev/shm") == in_shm);
  CHECK(files_in("/tmp") == in_tmp);
  // The next run sweeps what the killed ones left half-written.
  const Output next =
      ktstr_run(directory / "runs", {"--allow-skip", "--topology", "1n1l64c1t", file});
  CHECK(next.exit == Exit{0, 0});
  for (const auto& entry : std::filesystem::directory_iterator(directory / "runs"))
    CHECK_FALSE(entry.path().string().ends_with(".partial"));
}
