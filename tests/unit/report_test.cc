// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "report/formats.h"
#include "report/text.h"
#include "support/golden.h"

using namespace ktstr;
using namespace ktstr::report;
using ir::Outcome;

namespace {

ir::CaseResult result(Outcome outcome) {
  ir::CaseResult out{.id = {.stem = "dir/two", .scenario = "two"},
                     .topology = "1n1l2c1t",
                     .seed = 7,
                     .boot = 4s,
                     .wall = 9500ms,
                     .rerun = "ktstr-run two.yaml"};
  out.verdict.outcome = outcome;
  out.verdict.findings = {{.outcome = outcome,
                           .kind = "claim",
                           .label = "a.max_gap <= 100ms",
                           .place = "two.yaml:31",
                           .value = "212ms",
                           .evidence = {"worker 3: 212ms\033[2J"}},
                          {.outcome = Outcome::pass, .kind = "starvation", .label = "fine"}};
  out.cgroups = {{.cgroup = "a", .step = "even", .workers = 2, .cpu_time = 1s}};
  return out;
}

ir::RunResult run(std::vector<Outcome> outcomes) {
  ir::RunResult out{.version = "0.1.0", .kernel = "k", .reason = "tcg", .wall = 12s};
  for (const Outcome outcome : outcomes) out.cases.push_back(result(outcome));
  return out;
}

}  // namespace

TEST_CASE("a failure shows text, place, value, evidence and the way to run it again") {
  const std::string text = finished(result(Outcome::fail), "two", {});
  CHECK(text.find("FAIL  two  1n1l2c1t  9.5 s (boot 4.0 s)\n") == 0);
  CHECK(text.find("FAIL two.yaml:31: a.max_gap <= 100ms – 212ms\n") != std::string::npos);
  CHECK(text.find("worker 3: 212ms") != std::string::npos);
  CHECK(text.find("again: ktstr-run two.yaml") != std::string::npos);
  CHECK(text.find("seed 7") != std::string::npos);
  CHECK(text.find("a@even") != std::string::npos);
  CHECK(text.find("fine") == std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
}

TEST_CASE("a pass is one line unless asked for more") {
  CHECK(finished(result(Outcome::pass), "two", {}) == "PASS  two  1n1l2c1t  9.5 s (boot 4.0 s)\n");
  const std::string verbose = finished(result(Outcome::pass), "two", {.verbose = true});
  CHECK(verbose.find("PASS two.yaml:31: a.max_gap <= 100ms – 212ms") != std::string::npos);
}

TEST_CASE("payloads are shown with how they ended and the numbers that are described") {
  ir::CaseResult it = result(Outcome::fail);
  it.payloads = {
      {.payload = "fio",
       .cgroup = "bench",
       .step = "load",
       .end = "exit 0",
       .wall = 5s,
       .numbers = {{.name = "iops", .value = 1250.5, .unit = "/s"}, {.name = "other", .value = 3}},
       .flaw = {}}};
  const std::string text = finished(it, "two", {});
  CHECK(text.find("    fio in bench@load: exit 0 after 5.0 s, 2 numbers\n"
                  "      iops = 1250.5 /s\n") != std::string::npos);
  CHECK(text.find("other") == std::string::npos);
  CHECK(to_json({.version = "0.1.0", .kernel = "k", .reason = "tcg", .wall = 12s, .cases = {it}})
            .find("\"other\"") != std::string::npos);
}

TEST_CASE("exits are one line where they were counted and more is asked for") {
  ir::CaseResult it = result(Outcome::fail);
  const auto line = [&](ir::MachineStatistics statistics) {
    it.statistics = std::move(statistics);
    const std::string text = finished(it, "two", {.verbose = true});
    const std::size_t at = text.find("    VM exits: ");
    return at == text.npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  CHECK(line({}).empty());
  CHECK(line({{"kvm.exits", 70}, {"kvm.halt_wait_ns", 5}}) == "    VM exits: 70");
  CHECK(line({{"userspace_exit.io", 4}}) == "    VM exits: 4 to the monitor: io 4");
  CHECK(line({{"kvm.exits", 70}, {"userspace_exit.io", 4}, {"userspace_exit.mmio", 9}}) ==
        "    VM exits: 70, 13 to the monitor: mmio 9, io 4");
  CHECK(finished(it, "two", {}).find("VM exits") == std::string::npos);
  CHECK(to_json({.version = "0.1.0", .kernel = "k", .reason = "kvm", .wall = 12s, .cases = {it}})
            .find("\"userspace_exit.mmio\": 9") != std::string::npos);
}

TEST_CASE("what a scheduler that never attached leaves unjudged is one line") {
  ir::CaseResult refused = result(Outcome::inconclusive);
  refused.verdict.outcome = Outcome::fail;
  refused.verdict.findings.push_back(refused.verdict.findings[0]);
  const auto lines = [&](const Style& style) {
    const std::string text = finished(refused, "two", style);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find("  INCONCLUSIVE ", at)) != text.npos; ++at) ++count;
    return count;
  };
  CHECK(lines({}) == 2);
  refused.verdict.findings.push_back(
      {.outcome = Outcome::fail, .kind = "LOAD_REFUSED", .label = "the scheduler `a` was refused"});
  CHECK(lines({}) == 1);
  CHECK(finished(refused, "two", {}).find("INCONCLUSIVE 2 more could not be judged") !=
        std::string::npos);
  CHECK(finished(refused, "two", {}).find("FAIL LOAD_REFUSED") != std::string::npos);
  CHECK(lines({.verbose = true}) == 2);
}

TEST_CASE("colour only where it is wanted, and live lines within the width") {
  CHECK(finished(result(Outcome::fail), "two", {.colour = true}).find("\033[1;31m") == 0);
  CHECK(running(std::string(200, 'n'), "booting", 3s, {.width = 40}).size() == 39);
}

TEST_CASE("the exit status is that of the worst case") {
  const auto status = [](std::vector<Outcome> outcomes, ExitRules rules = {}) {
    return exit_status(run(std::move(outcomes)), rules);
  };
  CHECK(status({Outcome::pass, Outcome::skip}) == 0);
  CHECK(status({Outcome::pass, Outcome::error, Outcome::fail}) == 1);
  CHECK(status({Outcome::inconclusive, Outcome::error}) == 3);
  CHECK(status({Outcome::pass, Outcome::inconclusive}) == 2);
  CHECK(status({Outcome::inconclusive}, {.inconclusive_passes = true}) == 0);
  CHECK(status({Outcome::inconclusive}, {.inconclusive_fails = true}) == 1);
  CHECK(status({Outcome::skip}) == 5);
  CHECK(status({Outcome::skip}, {.allow_skip = true}) == 0);
  ir::RunResult interrupted = run({Outcome::fail});
  interrupted.interrupted = true;
  CHECK(exit_status(interrupted, {}) == 130);
}

TEST_CASE("the closing line counts each kind") {
  CHECK(closing(run({Outcome::pass, Outcome::fail, Outcome::pass}), {}) ==
        "1 fail, 2 pass in 12.0 s\n");
  CHECK(closing(run({}), {}) == "nothing was run in 12.0 s\n");
}

TEST_CASE("JUnit names suites and cases and escapes what guests say") {
  const std::string xml =
      to_junit(run({Outcome::fail, Outcome::pass, Outcome::skip, Outcome::error}));
  CHECK(xml.find(
            "<testsuite name=\"dir/two\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"") !=
        std::string::npos);
  CHECK(xml.find("a.max_gap &lt;= 100ms") != std::string::npos);
  CHECK(xml.find('\033') == std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD in JUnit as in JSON") {
  ir::RunResult it = run({Outcome::fail});
  it.cases[0].verdict.findings[0].evidence = {
      "caf\xC3\xA9 \xE9t\xC3 \xED\xA0\x80 \xC2\x9B"
      "1m"};
  const std::string xml = to_junit(it);
  CHECK(xml.find("caf\u00E9 \uFFFDt\uFFFD \uFFFD\uFFFD\uFFFD \uFFFD1m") != std::string::npos);
  for (const char byte : {'\xE9', '\xED', '\x9B'}) CHECK(xml.find(byte) == std::string::npos);
  CHECK(to_json(it).find("caf\u00E9 \\ufffdt\\ufffd") != std::string::npos);
}

TEST_CASE("every format writes a run as it was last agreed on") {
  ir::RunResult it =
      run({Outcome::fail, Outcome::error, Outcome::inconclusive, Outcome::skip, Outcome::pass});
  it.accelerator = "tcg";
  for (ir::CaseResult& each : it.cases) each.accelerator = "tcg";
  REQUIRE_FALSE(formats().empty());
  for (const Format& format : formats())
    check_golden("tests/golden/report/" + std::string(format.name) + ".txt", format.render(it));
}

TEST_CASE("JSON holds the whole result") {
  const std::string json = to_json(run({Outcome::fail}));
  CHECK(json.find("\"outcome\": \"fail\"") != std::string::npos);
  CHECK(json.find("\"value\": \"212ms\"") != std::string::npos);
}

TEST_CASE("durations read at a glance") {
  CHECK(duration(250us) == "250 us");
  CHECK(duration(12345us) == "12.3 ms");
  CHECK(duration(500ms) == "500 ms");
  CHECK(duration(9500ms) == "9.5 s");
  CHECK(duration(200s) == "3 min 20 s");
}
