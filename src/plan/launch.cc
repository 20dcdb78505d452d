// SPDX-License-Identifier: GPL-2.0-only
#include "plan/launch.h"

namespace ktstr::plan {
namespace {

constexpr std::uint32_t tcg_vcpus_per_cpu = 8;
constexpr Bytes left_for_the_host = 512_MiB;

std::optional<std::string> kernel_mismatch(const ir::KernelNeeds& needs,
                                           const ir::KernelFacts& kernel) {
  const auto outside = [&](const std::optional<std::string>& bound, bool is_least) {
    const std::optional<ir::KernelVersion> version =
        bound ? ir::parse_kernel_version(*bound) : std::nullopt;
    return version && (is_least ? kernel.version < *version : kernel.version > *version);
  };
  if (outside(needs.min, true)) return "it needs kernel " + *needs.min + " or newer";
  if (outside(needs.max, false)) return "it needs kernel " + *needs.max + " or older";
  for (const std::string& option : needs.require)
    if (kernel.option(option) == ir::OptionState::no)
      return "it needs " + option + ", which kernel " + kernel.name + " lacks";
  return std::nullopt;
}

std::optional<std::string> over_capacity(const ir::Case& to_run, const ir::HostFacts& host,
                                         const Options& options) {
  const topology::Topology& topology = to_run.program.topology;
  const std::uint32_t capacity = vcpu_capacity(host, options);
  if (topology.cpu_count() > capacity)
    return std::to_string(topology.cpu_count()) + " vCPUs are more than the " +
           std::to_string(capacity) + " that " +
           (options.accelerator == vmm::Accelerator::kvm ? "kvm" : "tcg") + " serves on " +
           std::to_string(host.cpus) + " host CPUs; --max-vcpus lifts the limit";
  const Bytes wanted = topology.memory() * options.jobs + left_for_the_host;
  if (wanted > host.memory_available)
    return std::to_string(topology.memory().count >> 20) + " MiB of guest memory, " +
           std::to_string(options.jobs) + " at a time, are more than the " +
           std::to_string(host.memory_available.count >> 20) + " MiB this host has available";
  return std::nullopt;
}

}  // namespace

std::uint32_t vcpu_capacity(const ir::HostFacts& host, const Options& options) {
  if (options.max_vcpus != 0) return options.max_vcpus;
  return options.accelerator == vmm::Accelerator::kvm ? host.cpus : host.cpus * tcg_vcpus_per_cpu;
}

std::string command_line(const Options& options) {
  std::string line =
      "console=ttyS0 rdinit=/init panic=-1 loglevel=5 nokaslr mitigations=off tsc=reliable "
      "no_timer_check cryptomgr.notests audit=0 security=none rcupdate.rcu_expedited=1 "
      "random.trust_cpu=on i8042.noaux i8042.nokbd";
  if (!options.extra_command_line.empty()) line += " " + options.extra_command_line;
  return line;
}

std::variant<Launch, Skip> decide(const ir::Case& to_run, const ir::HostFacts& host,
                                  const ir::KernelFacts& kernel, const Options& options) {
  if (to_run.skip) return Skip{*to_run.skip};
  if (const auto reason = kernel_mismatch(to_run.kernel, kernel)) return Skip{*reason};
  if (const auto reason = over_capacity(to_run, host, options)) return Skip{*reason};

  Launch launch;
  launch.machine.name = to_run.id.scenario;
  launch.machine.accelerator = options.accelerator;
  launch.machine.topology = to_run.program.topology;
  // Our own monitor knows the 64-bit entry too, QEMU only PVH's.
  const bool enterable = kernel.pvh || options.accelerator == vmm::Accelerator::kvm;
  const bool direct = enterable && !kernel.vmlinux.empty();
  launch.machine.kernel = {
      .path = direct ? kernel.vmlinux : kernel.bz_image,
      .format = direct ? vmm::KernelFormat::vmlinux : vmm::KernelFormat::bz_image};
  launch.machine.command_line = command_line(options);
  launch.machine.devices = {vmm::VsockDevice{.listen = {options.vsock_port}}};
  launch.boot_limit = 60s + 4s * to_run.program.topology.cpu_count();
  launch.silence_limit = options.accelerator == vmm::Accelerator::tcg ? 30s : 10s;
  launch.run_limit = to_run.timeout;
  return launch;
}

Nanos estimate(const ir::Case& to_run, const Options& options) {
  const Nanos boot = options.accelerator == vmm::Accelerator::tcg
                         ? 5s + 500ms * to_run.program.topology.cpu_count()
                         : 2s;
  return boot + to_run.duration;
}

}  // namespace ktstr::plan
