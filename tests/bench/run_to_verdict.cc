// SPDX-License-Identifier: GPL-2.0-only
// From the start of ktstr-run to its verdict, against the time its guest took to boot and the
// scenario's own duration.
#include <regex>

#include "base/clock.h"
#include "base/process.h"
#include "bench/bench.h"
#include "support/temporary_directory.h"

int main() {
  using namespace ktstr;
  const std::string build = std::getenv("KTSTR_BUILD");
  const std::string source = std::getenv("KTSTR_SOURCE");
  const TemporaryDirectory directory;
  const std::string json = directory / "result.json";
  const Nanos start = monotonic_now();
  const Result<Output> output =
      run_command({.argv = {build + "/src/cli/ktstr-run", "--run-dir", directory / "runs", "--json",
                            json, source + "/scenarios/quickstart/fair_share.yaml"}},
                  5min);
  const double total = std::chrono::duration<double>(monotonic_now() - start).count();
  const Result<std::string> text = read_text(json);
  std::smatch boot;
  if (!output || !text || !std::regex_search(*text, boot, std::regex("\"boot\": \"([0-9]+)ns\""))) {
    std::fprintf(stderr, "%s", output ? (output->out + output->err).c_str() : "did not run\n");
    return 1;
  }
  constexpr double scenario = 5;
  const double ideal = std::stod(boot[1]) / 1e9 + scenario;
  report_figure("run.total", total, "s", "one scenario of 5 s");
  report_figure("run.boot", ideal - scenario, "s", "from exec of the machine to Hello");
  report_figure("run.ratio", total / ideal, "x", "promise <= 1.15 of boot and duration");
  return 0;
}
