// SPDX-License-Identifier: GPL-2.0-only
// What measuring takes from the guest that is measured, in one boot: the iterations of a `spin`
// worker against those of a bare loop, on the same CPU in turns; the time to record one latency;
// and the CPU time of an init that watches 64 workers. An emulated CPU is slower, by about the
// factor printed last: the ratio of the two loops means the same there, the other two figures grow
// by it.
#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/process.h"
#include "bench/bench.h"
#include "doc/load.h"
#include "ir/verdict.h"
#include "parse/reader.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;

constexpr int turns = 15;

std::string bare(int turn) {
  return "bare_" + std::to_string(turn);
}

std::string spin(int turn) {
  return "spin_" + std::to_string(turn);
}

/// Every turn of the worker stands between two of the bare loop.
std::string scenario() {
  const auto step = [](const std::string& name, const char* what) {
    return "  - {name: " + name + ", hold: 1s, cgroups: [{name: loop, cpuset: {cpus: \"1\"}, " +
           what + "}]}\n";
  };
  std::string out =
      "name: overhead\n"
      "topology: 1n1l2c1t\n"
      "settle: 100ms\n"
      "payloads:\n"
      "  - {name: bare, run: [bare_loop], output: json}\n"
      "  - {name: init, run: [init_share], output: json}\n"
      "  - name: record\n"
      "    run: [histogram_record]\n"
      "    output: {regex: 'histogram\\.record (?P<time>\\S+) ns'}\n"
      "    timeout: 100s\n"
      "steps:\n" +
      step(bare(0), "payload: bare");
  for (int turn = 0; turn < turns; ++turn)
    out += step(spin(turn), "workers: 1, work: spin") + step(bare(turn + 1), "payload: bare");
  return out +
         "  - name: record\n"
         "    cgroups: [{name: loop, cpuset: {cpus: \"1\"}, payload: record}]\n"
         "    ops: [{wait_payload: record}]\n"
         "  - {name: idle, hold: 10s, cgroups: [{name: watch, payload: init}]}\n"
         "  - name: crowd\n"
         "    hold: 10s\n"
         "    cgroups:\n"
         "      - {name: crowd, workers: 64, work: futex_ping_pong}\n"
         "      - {name: watch, payload: init}\n"
         "claims:\n"
         "  - payload[bare][rate] > 0\n"
         "  - payload[record][time] > 0\n"
         "  - payload[init][share] > 0\n";
}

/// The one case of a result file.
std::optional<ir::CaseResult> read_result(const std::string& path) {
  Diagnostics mistakes;
  const std::vector<doc::Document> documents = doc::load(path, mistakes);
  ir::RunResult result;
  ir::SourceMap map;
  if (documents.size() == 1)
    parse::read({documents[0].root, {documents[0].source}}, schema::ref_to(result), map, mistakes);
  for (const Diagnostic& each : mistakes.all())
    std::fprintf(stderr, "%s", render(each, false).c_str());
  if (!mistakes.ok() || result.cases.size() != 1) return std::nullopt;
  return result.cases[0];
}

/// What the payload of a step gave. The case passed, so it did.
double number_of(const ir::CaseResult& from, const std::string& step) {
  const auto payload = std::ranges::find(from.payloads, step, &ir::PayloadSummary::step);
  CHECK(payload != from.payloads.end() && !payload->numbers.empty());
  return payload->numbers[0].value;
}

/// Iterations in a second of CPU time, of the worker of a step.
double rate_of(const ir::CaseResult& from, const std::string& step) {
  const auto cgroup = std::ranges::find(from.cgroups, step, &ir::CgroupSummary::step);
  CHECK(cgroup != from.cgroups.end());
  return static_cast<double>(cgroup->iterations) /
         std::chrono::duration<double>(cgroup->cpu_time).count();
}

/// Each turn of the worker against the mean of the bare loop's before and after it, ascending.
std::vector<double> spin_ratios(const ir::CaseResult& from) {
  std::vector<double> out;
  for (int turn = 0; turn < turns; ++turn)
    out.push_back(2 * rate_of(from, spin(turn)) /
                  (number_of(from, bare(turn)) + number_of(from, bare(turn + 1))));
  std::ranges::sort(out);
  return out;
}

/// How fast the bare loop is without a machine.
double rate_on_host(const std::string& programs) {
  const Result<Output> output =
      run_command({.argv = {"timeout", "1", programs + "/bare_loop"}}, 1min);
  double rate = 0;
  if (output) std::sscanf(output->out.c_str(), "{\"rate\": %lf", &rate);
  return rate;
}

}  // namespace

int main() {
  const std::string build = std::getenv("KTSTR_BUILD"), programs = build + "/tests/bench";
  const TemporaryDirectory directory;
  const std::string file = directory / "overhead.yaml", json = directory / "result.json";
  if (!write_file_atomically(file, as_bytes(scenario()))) return 1;
  const Result<Output> output =
      run_command({.argv = {build + "/src/cli/ktstr-run", file, "--program-dir", programs,
                            "--run-dir", directory / "runs", "--json", json}},
                  5min);
  const std::optional<ir::CaseResult> result = read_result(json);
  if (!result || result->verdict.outcome != ir::Outcome::pass) {
    std::fprintf(stderr, "%s", output ? (output->out + output->err).c_str() : "did not run\n");
    return 1;
  }
  const std::vector<double> ratios = spin_ratios(*result);
  const double idle = number_of(*result, "idle"), crowd = number_of(*result, "crowd");
  const double slowdown = rate_on_host(programs) / number_of(*result, bare(0));

  const auto report = [&](const char* name, double value, const char* unit, const char* promise) {
    report_figure(name, value, unit, ("under " + result->accelerator + "; " + promise).c_str());
  };
  report("overhead.spin", ratios[turns / 2], "x", "promise >= 0.99 of a bare loop's iterations");
  report("overhead.spin.least", ratios.front(), "x", "of the turns whose median that is");
  report("overhead.record", number_of(*result, "record"), "ns",
         "promise <= 100 ns besides the clock");
  report("overhead.telemetry", (crowd - idle) * 100, "%", "promise < 2 % of one CPU, 64 workers");
  report("overhead.init.crowd", crowd * 100, "%", "of one CPU: all of init, 64 workers");
  report("overhead.init.idle", idle * 100, "%", "of one CPU: all of init, no workers");
  report("overhead.slowdown", slowdown, "x", "the bare loop on this host against in the guest");
  return 0;
}
