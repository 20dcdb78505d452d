// SPDX-License-Identifier: GPL-2.0-only
// Boot to Hello of the stock kernel and of one that `ktstr kernel build` made, in turns, under the
// accelerator that a run would choose. $KTSTR_LEAN_KERNEL names the latter; by default it is the
// first cached one called VERSION-ktstr.
#include <algorithm>
#include <regex>
#include <vector>

#include <sys/resource.h>

#include "base/process.h"
#include "bench/bench.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;

std::string lean_kernel(const std::string& build) {
  if (const char* named = std::getenv("KTSTR_LEAN_KERNEL")) return named;
  const Result<Output> list =
      run_command({.argv = {build + "/src/cli/ktstr", "kernel", "list", "--quiet"}}, 1min);
  std::smatch found;
  const std::string text = list ? list->out : "";
  return std::regex_search(text, found, std::regex("(^|\n)([^\n]*-ktstr)(\n|$)")) ? found[2].str()
                                                                                  : "";
}

struct Boot {
  double wall = -1;  ///< Seconds from exec of the machine to Hello; negative: it never came.
  double cpu = 0;    ///< Seconds of CPU time for the whole short run: a busy host hardly matters.
};

double cpu_of_children() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Boot boot(const std::string& build, const std::string& kernel,
          const TemporaryDirectory& directory) {
  const std::string json = directory / "result.json";
  const double before = cpu_of_children();
  const Result<Output> output =
      run_command({.argv = {build + "/src/cli/ktstr-run", "--kernel", kernel, "--run-dir",
                            directory / "runs", "--json", json, directory / "short.yaml"}},
                  5min);
  const Result<std::string> text = read_text(json);
  std::smatch found;
  if (!output || !text ||
      !std::regex_search(*text, found, std::regex("\"boot\": \"([0-9]+)ns\""))) {
    std::fprintf(stderr, "%s", output ? (output->out + output->err).c_str() : "did not run\n");
    return {};
  }
  return {std::stod(found[1]) / 1e9, cpu_of_children() - before};
}

}  // namespace

int main() {
  constexpr int skipped = 77;
  constexpr int boots = 3;
  const std::string build = std::getenv("KTSTR_BUILD");
  const TemporaryDirectory directory;
  const std::string lean = lean_kernel(build);
  if (lean.empty()) {
    std::fprintf(stderr, "no kernel of ours is cached: `ktstr kernel build` makes one\n");
    return skipped;
  }
  if (!write_file_atomically(directory / "short.yaml",
                             as_bytes("topology: 1n1l2c1t\nduration: 100ms\n"
                                      "cgroups: [{name: a, workers: 1}]\n")))
    return 1;
  std::vector<double> wall[2];
  std::vector<double> cpu[2];
  for (int i = 0; i < boots; ++i)
    for (int which = 0; which < 2; ++which) {
      const Boot got = boot(build, which == 0 ? "stock" : lean, directory);
      if (got.wall < 0) return 1;
      wall[which].push_back(got.wall);
      cpu[which].push_back(got.cpu);
    }
  std::printf("stock against %s, %d boots each: to Hello, median (least to most)\n", lean.c_str(),
              boots);
  for (int which = 0; which < 2; ++which) {
    std::ranges::sort(wall[which]);
    std::ranges::sort(cpu[which]);
    std::printf("  %.2f s (%.2f to %.2f), %.1f s of CPU time\n", wall[which][boots / 2],
                wall[which].front(), wall[which].back(), cpu[which][boots / 2]);
  }
  report_figure("lean_kernel.stock", wall[0][boots / 2], "s", "boot to Hello, 2 vCPUs");
  report_figure("lean_kernel.lean", wall[1][boots / 2], "s", "boot to Hello, 2 vCPUs");
  report_figure("lean_kernel.ratio", wall[1][boots / 2] / wall[0][boots / 2], "x",
                "promise <= 0.5");
  report_figure("lean_kernel.cpu_ratio", cpu[1][boots / 2] / cpu[0][boots / 2], "x",
                "of CPU time, 0.1 s of scenario included");
  return 0;
}
