// SPDX-License-Identifier: GPL-2.0-only
// Reading and expanding 1,000 scenario files of 1.5 KB over the 24 presets.
#include <cstdio>

#include "base/clock.h"
#include "base/fd.h"
#include "bench/bench.h"
#include "cli/load.h"
#include "support/temporary_directory.h"

namespace {

std::string scenario(int index) {
  std::string text = "name: bench_" + std::to_string(index) +
                     "\nabout: A file of ordinary size.\n" +
                     "topology: 2n4l4c1t\nduration: 6s\nvars: {pairs: cpus / 2}\n"
                     "gauntlet: {topologies: {max_nodes: 64, max_llcs: 64, max_cpus: 4096}}\n"
                     "backdrop:\n  cgroups:\n";
  for (int i = 0; i < 6; ++i)
    text += "    - {name: cg_" + std::to_string(i) + ", cpuset: {disjoint: [" +
            std::to_string(i % 2) +
            ", 2]}, workers: 2 * floor(pairs), work: {pipe_io: {burst_iters: 256 + " +
            std::to_string(i) + "}}}\n";
  text +=
      "steps:\n  - {name: even, hold: 50%}\n  - name: uneven\n    ops:\n"
      "      - set_cpuset: {cgroup: cg_0, to: {range: [0, 0.5]}}\n"
      "      - spawn: {cgroup: cg_1, workers: 25%, work: {bursty: {burst: 2ms, sleep: 3ms}}}\n"
      "    hold: {every: 200ms, for: 50%}\nclaims:\n";
  for (int i = 0; i < 6; ++i)
    text += "  - rate(cg_" + std::to_string(i) + ".cpu_time@uneven) / rate(cg_" +
            std::to_string(i) + ".cpu_time@even) >= 0.5\n";
  return text;
}

}  // namespace

int main() {
  using namespace ktstr;
  constexpr int files = 1000;
  constexpr std::size_t presets = 24;
  const TemporaryDirectory directory;
  for (int i = 0; i < files; ++i)
    if (!write_file_atomically(directory / ("s" + std::to_string(i) + ".yaml"),
                               as_bytes(scenario(i))))
      return 1;

  const Nanos start = monotonic_now();
  parse::Loaded loaded = cli::load({directory.path()});
  const Nanos parsed = monotonic_now();
  const auto cases =
      cli::expand_all(loaded, {.gauntlet = std::vector<std::string>{}}, loaded.diagnostics);
  const Nanos expanded = monotonic_now();
  std::fputs(cli::render_all(loaded.diagnostics, false).c_str(), stderr);
  if (!cases || cases->size() != files * presets) return 1;

  const auto milliseconds = [](Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  report_figure("cases.file_size", static_cast<double>(scenario(0).size()), "B", "about 1.5 KB");
  report_figure("cases.parse", milliseconds(parsed - start), "ms", "1,000 files");
  report_figure("cases.expand", milliseconds(expanded - parsed), "ms", "24 presets each");
  report_figure("cases.total", milliseconds(expanded - start), "ms", "promise < 1000 ms");
  return 0;
}
