// SPDX-License-Identifier: GPL-2.0-only
// Schedulers in real machines: put in charge, exchanged, taken away, and every way to die told
// apart. Needs the fixture schedulers of bpf/.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "e2e/ktstr_run.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

std::string fixtures() {
  return std::string(std::getenv("KTSTR_BUILD")) + "/bpf";
}

std::optional<std::string> scheduler_obstacle() {
  if (!std::filesystem::exists(fixtures() + "/scx_mischief"))
    return "the fixture schedulers are not built (no clang that can)";
  return obstacle();
}

struct Ran {
  Output output;
  std::string json;

  [[nodiscard]] bool says(const std::string& text) const {
    return output.out.find(text) != std::string::npos;
  }
};

Ran run(const std::string& scenario, const std::vector<std::string>& more = {}) {
  const TemporaryDirectory directory;
  const std::string path = directory / "schedulers.yaml", json = directory / "result.json";
  REQUIRE(write_file_atomically(path, as_bytes(scenario)));
  std::vector<std::string> arguments{path, "--json", json, "--verbose"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Ran out{ktstr_run(directory / "runs", arguments), {}};
  if (std::filesystem::exists(json)) out.json = *read_text(json, 64_MiB);
  return out;
}

/// The values of a key in the order of the text.
std::vector<std::string> values(const std::string& json, const std::string& key) {
  std::vector<std::string> out;
  const std::string mark = "\"" + key + "\": \"";
  for (std::size_t at = 0; (at = json.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    out.push_back(json.substr(at, json.find('"', at) - at));
  }
  return out;
}

constexpr const char* definitions = R"(topology: 1n1l2c1t
schedulers:
  - {name: fifo, binary: scx_fifo, kernels: "6.12.."}
  - name: vtime
    binary: scx_vtime
    flags: [{name: partial, args: [--partial]}]
  - name: bad
    binary: scx_mischief
    watchdog_args: [--timeout-ms, "{ms}"]
    flags:
      - {name: stall, args: [--stall-one]}
      - {name: error, args: [--error, told to]}
      - {name: leave, args: [--exit-after, 1s]}
      - {name: refused, args: [--refuse-load]}
)";

}  // namespace

TEST_CASE("schedulers take over from each other under load, and the workers' time says so") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  const Ran ran = run(std::string("name: exchanged\n") + definitions + R"(duration: 14s
scheduler: fifo
backdrop: {cgroups: [{name: a, workers: 3, work: {bursty: {burst: 5ms, sleep: 1ms}}}]}
steps:
  - {name: fifo, hold: 4s}
  - {name: vtime, ops: [{replace_scheduler: vtime}], hold: 2s}
  - {name: again, ops: [restart_scheduler], hold: 2s}
  - {name: none, ops: [detach_scheduler], hold: 2s}
  - {name: partial, ops: [{attach_scheduler: {use: vtime, flags: [partial]}}], hold: 2s}
  - {name: ext, ops: [{set_policy: {cgroup: a, to: ext}}], hold: 2s}
claims:
  - a.ext@fifo >= 0.95
  - a.ext@vtime >= 0.95
  - a.ext@none <= 0.01
  - a.ext@partial <= 0.01
  - a.ext@ext >= 0.95
  - scheduler.attached_for@again >= 1900ms
  - scheduler.attached_for@none == 0s
  - scheduler.stats.enqueued@fifo > 0
  - series(scheduler.stats.enqueued@fifo) never decreases
  - scheduler.events.select_cpu_fallback >= 0
)");
  CHECK(ran.output.exit == Exit{0, 0});
  CHECK(ran.says("scheduler_alive"));
  CHECK(values(ran.json, "scheduler") ==
        std::vector<std::string>{"fifo", "fifo", "vtime", "vtime", "vtime+partial"});
}

TEST_CASE("every way to die is told apart") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  std::string text = std::string("name: deaths\n") + definitions;
  text += "  - {name: ejected, binary: ejector, config: " + fixtures() + "/scx_fifo}\n";
  text += R"(duration: 30s
watchdog: 2s
checks: {scheduler_alive: off, starvation: off}
backdrop: {cgroups: [{name: a, workers: 3, work: {bursty: {burst: 1ms, sleep: 5ms}}}]}
steps:
  - {name: error, ops: [{attach_scheduler: {use: bad, flags: [error]}}], hold: 2s}
  - {name: stall, ops: [{attach_scheduler: {use: bad, flags: [stall]}}], hold: 8s}
  - {name: leave, ops: [{attach_scheduler: {use: bad, flags: [leave]}}], hold: 3s}
  - {name: eject, ops: [{attach_scheduler: ejected}], hold: 3s}
  - {name: after, hold: 1s}
claims:
  - scheduler.attached_for@stall between 1s and 7s
  - scheduler.attached_for@after == 0s
  - a.ext@after <= 0.01
)";
  const Ran ran =
      run(text, {"--scheduler-dir", std::string(std::getenv("KTSTR_BUILD")) + "/tests/e2e"});
  CHECK(ran.output.exit == Exit{0, 0});
  const std::size_t schedulers = ran.json.rfind("\"schedulers\"");
  REQUIRE(schedulers != std::string::npos);
  const std::string runs = ran.json.substr(schedulers);
  CHECK(values(runs, "kind") ==
        std::vector<std::string>{"ERROR_BPF", "ERROR_STALL", "EXITED", "SYSRQ"});
  CHECK(values(runs, "step") == std::vector<std::string>{"error", "stall", "leave", "eject"});
  CHECK(runs.find("told to") != std::string::npos);
  CHECK(runs.find("failed to run for") != std::string::npos);
  CHECK(runs.find("\"exit_kind\": 1026") != std::string::npos);
}

TEST_CASE("a scheduler that dies against all expectation ends the run with its reason first") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  const Ran ran = run(std::string("name: dies\n") + definitions + R"(duration: 60s
scheduler: {use: bad, flags: [error], args: [--after, 2s]}
cgroups: [{name: a, workers: 2}]
)");
  CHECK(ran.output.exit == Exit{1, 0});
  CHECK(
      ran.says("  FAIL ERROR_BPF: the scheduler `bad+error` was ejected: scx_bpf_error (told to"));
  CHECK(ran.says("in step `step_1`"));
  CHECK_FALSE(ran.says("timeout"));
}

TEST_CASE("a scheduler that the verifier refuses is told with the verifier's reason") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  const Ran ran = run(std::string("name: refused\n") + definitions + R"(duration: 60s
scheduler: {use: bad, flags: [refused]}
cgroups: [{name: a, workers: 2}]
)");
  CHECK(ran.output.exit == Exit{1, 0});
  CHECK(ran.says("  FAIL LOAD_REFUSED: the scheduler `bad+refused` was refused: "));
  CHECK(ran.says("before the first step"));
}

TEST_CASE("a scheduler that never attaches is told as such, with the state it was waited for in") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  const Ran ran = run(R"(name: sleeper
topology: 1n1l2c1t
duration: 60s
schedulers: [{name: sleeper, binary: sleep, args: ["1000"], attach_timeout: 2s}]
scheduler: sleeper
cgroups: [{name: a, workers: 2}]
)");
  CHECK(ran.output.exit == Exit{1, 0});
  CHECK(ran.says("  FAIL NEVER_ATTACHED: the scheduler `sleeper` never attached: it is not in "));
  CHECK(ran.says(" ms, the state of sched_ext is `disabled`"));
  CHECK(ran.says("before the first step"));
}

TEST_CASE("a shipped scenario finds its fixture by itself, and a mischief is caught by its check") {
  if (const auto reason = scheduler_obstacle()) SKIP(*reason);
  const TemporaryDirectory directory;
  const std::string json = directory / "result.json";
  const Output output =
      ktstr_run(directory / "runs",
                {source_path("scenarios/sched_ext/mischief/starve_cgroup.yaml"), "--json", json});
  CHECK(output.exit == Exit{0, 0});
  const std::string result = *read_text(json, 64_MiB);
  CHECK(result.find("did nothing in") != std::string::npos);
  CHECK(result.find("this failure is the one that the scenario expects") != std::string::npos);
}

TEST_CASE("a demanded scheduler that cannot be found is bad input, and says where was looked") {
  const Ran ran =
      run("name: lost\nscheduler: nobody\ncgroups: [{name: a}]\n", {"--scheduler", "nobody"});
  if (obstacle()) SKIP(*obstacle());
  CHECK(ran.output.exit == Exit{4, 0});
  CHECK(ran.output.err.find("the program `nobody` of the scheduler `nobody` is not found") !=
        std::string::npos);
  CHECK(ran.output.err.find("looked in ") != std::string::npos);
}

TEST_CASE("a scheduler that a scenario defines and this host lacks skips its cases") {
  if (obstacle()) SKIP(*obstacle());
  const Ran ran =
      run("name: lost\nschedulers: [{name: mine, binary: nobody}]\nscheduler: mine\n"
          "cgroups: [{name: a}]\n");
  CHECK(ran.output.exit == Exit{5, 0});
  CHECK(ran.says("SKIP"));
  CHECK(ran.says("the program `nobody` of the scheduler `mine` is not found (looked in "));
}
