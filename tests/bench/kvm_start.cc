// SPDX-License-Identifier: GPL-2.0-only
// From exec to the guest's first instruction, and the host memory that a machine of 4 vCPUs takes
// beside its RAM. The guest is a few bytes that announce themselves, in a file as large as a stock
// vmlinux, with an initramfs as large as ours, so that any KVM will do. Needs /dev/kvm.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <sys/wait.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "support/temporary_directory.h"
#include "support/tiny_kernel.h"
#include "vmm/kvm/monitor.h"

using namespace ktstr;
using tiny::operator+;

namespace {

constexpr std::size_t kernel_size = 60 << 20;
constexpr std::size_t initramfs_size = 3 << 20;
constexpr int rounds = 20;

/// In KiB, of a line of /proc/self/status.
double memory_line(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::atof(line.c_str() + name.size() + 1);
  return 0;
}

/// The part that is timed: everything a run does between exec and the first instruction.
int child(const std::string& kernel, const std::string& initramfs) {
  Result<std::unique_ptr<vmm::Monitor>> monitor = vmm::kvm::open_monitor();
  if (!monitor) return 77;
  vmm::MachineConfig config;
  config.accelerator = vmm::Accelerator::kvm;
  config.topology.nodes = {{.llcs = 1, .memory = 1_GiB}};
  config.topology.cores = 4;
  config.kernel.path = kernel;
  config.initramfs = initramfs;
  config.command_line = "console=ttyS0";
  config.devices = {vmm::VsockDevice{.listen = {9000}}};
  Result<std::unique_ptr<vmm::Machine>> machine = (*monitor)->create(config);
  if (!machine || !(*machine)->start()) return 1;
  pollfd ready{(*machine)->events().get(), POLLIN, 0};
  ::poll(&ready, 1, 10'000);
  const Nanos now = monotonic_now();
  if ((*machine)->state().condition != vmm::Condition::powered_off) return 1;
  std::printf("%lld %f %f\n", static_cast<long long>(now.count()), memory_line("RssAnon"),
              memory_line("RssFile"));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) return child(argv[1], argv[2]);
  const TemporaryDirectory directory;
  tiny::Code code = tiny::power_off() + tiny::spin();
  code.resize(kernel_size, 0x90);
  const std::string kernel = tiny::write_elf(directory / "kernel", code, true);
  const std::string initramfs = directory / "initramfs";
  if (!write_file_atomically(initramfs, Buffer(initramfs_size, std::byte{1}))) return 1;
  std::vector<double> times, anonymous, files;
  for (int i = 0; i < rounds; ++i) {
    const Nanos start = monotonic_now();
    FILE* output =
        ::popen((std::string("exec ") + argv[0] + " " + kernel + " " + initramfs).c_str(), "r");
    long long end = 0;
    double anon = 0, file = 0;
    const bool told =
        output != nullptr && std::fscanf(output, "%lld %lf %lf", &end, &anon, &file) == 3;
    const int status = output == nullptr ? -1 : ::pclose(output);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
      std::puts("bench: kvm_start skipped: no usable /dev/kvm");
      return 0;
    }
    if (!told || status != 0) return 1;
    times.push_back(static_cast<double>(end - start.count()) / 1e6);
    anonymous.push_back(anon / 1024);
    files.push_back(file / 1024);
  }
  const auto median = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  report_figure("kvm_exec_to_first_instruction", median(times), "ms", "promise: 30 ms, warm");
  report_figure("kvm_own_memory", median(anonymous), "MiB",
                "anonymous, 4 vCPUs; promise: 16 MiB beyond guest RAM");
  report_figure("kvm_file_memory", median(files), "MiB",
                "file pages: our program, shared with others, and the kernel's pages touched");
  return 0;
}
