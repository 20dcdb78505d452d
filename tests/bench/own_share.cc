// SPDX-License-Identifier: GPL-2.0-only
// What ktstr-run takes beside the emulator it starts: the time from its start to the emulator's,
// the time from the emulator's end to its own, and its memory without the guest's. Whoever holds
// the guest's memory last has to free it, an emulator by itself too: that time is measured with as
// much memory and is no part of our share.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/mapping.h"
#include "base/process.h"
#include "bench/bench.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;

/// The child that is a machine, once there is one.
std::optional<pid_t> machine_of(pid_t parent) {
  std::error_code gone;
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) {
      const auto line = read_text("/proc/" + std::to_string(child) + "/cmdline");
      if (line && line->find("memory-backend") != std::string::npos) return child;
    }
  }
  return std::nullopt;
}

/// Kilobytes of a line of /proc/PID/status; 0 once the process is gone.
double kilobytes(pid_t process, const std::string& key) {
  const auto status = read_text("/proc/" + std::to_string(process) + "/status");
  const std::size_t at = status ? status->find("\n" + key + ":") : std::string::npos;
  return at == std::string::npos ? 0 : std::stod(status->substr(at + key.size() + 2));
}

/// How long freeing so many kilobytes of a memfd takes that is mapped here.
Nanos release_time(double size) {
  const Bytes bytes{static_cast<std::uint64_t>(size) << 10};
  if (bytes.count == 0) return Nanos(0);
  Fd file = create_memfd("release", bytes).value();
  std::optional<Mapping> mapping = Mapping::of(file, bytes, Mapping::Access::write).value();
  std::ranges::fill(mapping->bytes(), std::byte{1});
  const Nanos start = monotonic_now();
  mapping.reset();
  file.reset();
  return monotonic_now() - start;
}

}  // namespace

int main() {
  const std::string build = std::getenv("KTSTR_BUILD"), source = std::getenv("KTSTR_SOURCE");
  const TemporaryDirectory directory;
  const auto milliseconds = [](Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  double best = 1e9, before = 0, after = 0, memory = 0, guest = 0;
  for (int round = 0; round < 3; ++round) {
    const Nanos start = monotonic_now();
    Result<Process> run =
        Process::spawn({.argv = {build + "/src/cli/ktstr-run", "--run-dir", directory / "runs",
                                 source + "/scenarios/truth/one_cpu.yaml"}});
    if (!run) return 1;
    std::optional<pid_t> machine;
    while (!(machine = machine_of(run->pid())) && monotonic_now() < start + 10s)
      std::this_thread::sleep_for(200us);
    if (!machine) return 1;
    const Nanos born = monotonic_now();
    const std::string proc = "/proc/" + std::to_string(*machine) + "/cmdline";
    Nanos died{0};
    while (!*run->wait(0ns)) {
      memory =
          std::max(memory, kilobytes(run->pid(), "RssAnon") + kilobytes(run->pid(), "RssFile"));
      guest = std::max(guest, kilobytes(*machine, "RssShmem"));
      if (died == Nanos(0) && read_text(proc).value_or("").empty()) died = monotonic_now();
      std::this_thread::sleep_for(200us);
    }
    const Nanos end = monotonic_now();
    if (milliseconds(born - start + end - died) >= best) continue;
    before = milliseconds(born - start);
    after = milliseconds(end - died);
    best = before + after;
  }
  const double release = milliseconds(release_time(guest));
  report_figure("own.before", before, "ms", "exec of ktstr-run to exec of the emulator");
  report_figure("own.after", after, "ms", "end of the emulator to the end of ktstr-run");
  report_figure("own.release", release, "ms", "freeing the guest's memory, a part of the latter");
  report_figure("own.time", std::max(before, before + after - release), "ms", "promise <= 20 ms");
  report_figure("own.memory", memory / 1024, "MiB", "promise <= 16 MiB beside the guest's RAM");
  return 0;
}
