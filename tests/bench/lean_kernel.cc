// SPDX-License-Identifier: GPL-2.0-only
// Boot to Hello of the stock kernel and of one that `ktstr kernel build` made, in turns, under the
// accelerator that a run would choose. $KTSTR_LEAN_KERNEL names the latter; by default it is the
// first cached one called VERSION-ktstr.
#include <algorithm>
#include <regex>
#include <vector>

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

/// Seconds from exec of the machine to Hello; negative when it did not come to that.
double boot(const std::string& build, const std::string& kernel,
            const TemporaryDirectory& directory) {
  const std::string json = directory / "result.json";
  const Result<Output> output =
      run_command({.argv = {build + "/src/cli/ktstr-run", "--kernel", kernel, "--run-dir",
                            directory / "runs", "--json", json, directory / "short.yaml"}},
                  5min);
  const Result<std::string> text = read_text(json);
  std::smatch found;
  if (!output || !text ||
      !std::regex_search(*text, found, std::regex("\"boot\": \"([0-9]+)ns\""))) {
    std::fprintf(stderr, "%s", output ? (output->out + output->err).c_str() : "did not run\n");
    return -1;
  }
  return std::stod(found[1]) / 1e9;
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
  std::vector<double> times[2];
  for (int i = 0; i < boots; ++i) {
    times[0].push_back(boot(build, "stock", directory));
    times[1].push_back(boot(build, lean, directory));
  }
  for (std::vector<double>& each : times) {
    std::ranges::sort(each);
    if (each[0] < 0) return 1;
  }
  std::printf("stock against %s, %d boots each: to Hello, median (least to most)\n", lean.c_str(),
              boots);
  for (const std::vector<double>& each : times)
    std::printf("  %.2f s (%.2f to %.2f)\n", each[boots / 2], each.front(), each.back());
  report_figure("lean_kernel.stock", times[0][boots / 2], "s", "boot to Hello, 2 vCPUs");
  report_figure("lean_kernel.lean", times[1][boots / 2], "s", "boot to Hello, 2 vCPUs");
  report_figure("lean_kernel.ratio", times[1][boots / 2] / times[0][boots / 2], "x",
                "promise <= 0.5");
  return 0;
}
