// SPDX-License-Identifier: GPL-2.0-only
// From init's first moment in the guest to a fixture scheduler that is confirmed in charge, and
// what part that is of the whole run: one shipped scenario under each sane fixture.
#include <array>
#include <regex>

#include "base/process.h"
#include "bench/bench.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;

/// The first group of the last match; negative where there is none.
double number_in(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  double out = -1;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
    out = std::stod((*it)[1]);
  return out;
}

struct Attach {
  double loading;    ///< Seconds from the start of the scheduler's process to its being in charge.
  double from_init;  ///< Seconds from the kernel's `Run /init` to that moment.
  double run;        ///< Seconds of the whole case.
};

std::optional<Attach> attach(const std::string& scheduler) {
  const std::string build = std::getenv("KTSTR_BUILD");
  const std::string scenario =
      std::string(std::getenv("KTSTR_SOURCE")) + "/scenarios/sched_ext/fairness.yaml";
  const TemporaryDirectory directory;
  const std::string json = directory / "result.json";
  const Result<Output> output =
      run_command({.argv = {build + "/src/cli/ktstr-run", scenario, "--scheduler", scheduler,
                            "--run-dir", directory / "runs", "--json", json}},
                  5min);
  const std::string result = read_text(json).value_or("");
  std::smatch files;
  std::string telemetry;
  if (std::regex_search(result, files, std::regex("\"directory\": \"([^\"]+)\"")))
    telemetry = read_text(files[1].str() + "/telemetry.json", 64_MiB).value_or("");
  const double started = number_in(result, "\"started\": \"([0-9]+)ns\"") / 1e9;
  const double loading = number_in(result, "\"to_attach\": \"([0-9]+)ns\"") / 1e9;
  const double init = number_in(telemetry, "\\[ *([0-9]+\\.[0-9]+)\\] Run /init as init process");
  const double run = number_in(result, "\"wall\": \"([0-9]+)ns\",\\s*\"spoiled\"") / 1e9;
  if (started < 0 || loading <= 0 || init < 0 || run < 0) {
    std::fprintf(stderr, "%s", output ? (output->out + output->err).c_str() : "did not run\n");
    return std::nullopt;
  }
  return Attach{loading, started + loading - init, run};
}

}  // namespace

int main() {
  constexpr std::array schedulers{"fifo", "llc", "vtime"};
  for (const char* scheduler : schedulers) {
    const std::optional<Attach> it = attach(scheduler);
    if (!it) return 1;
    const std::string name = std::string("attach.") + scheduler;
    report_figure((name + ".loading").c_str(), it->loading, "s", "its process to being in charge");
    report_figure((name + ".from_init").c_str(), it->from_init, "s", "init to being in charge");
    report_figure((name + ".share").c_str(), it->from_init / it->run, "x",
                  "of a run of 6 s of work");
  }
  return 0;
}
