// SPDX-License-Identifier: GPL-2.0-only
#include "plan/launch.h"

#include <algorithm>

#include "ir/kernel_arguments.h"
#include "plan/kernel_needs.h"
#include "plan/placement.h"

namespace ktstr::plan {
namespace {

constexpr std::uint32_t tcg_vcpus_per_cpu = 8;
constexpr Bytes left_for_the_host = 512_MiB;

std::optional<std::string> kernel_mismatch(const ir::KernelNeeds& needs,
                                           const ir::KernelFacts& kernel) {
  if (needs.min && ir::is_older(kernel.version, *needs.min))
    return "it needs kernel " + *needs.min + " or newer";
  if (needs.max && ir::is_newer(kernel.version, *needs.max))
    return "it needs kernel " + *needs.max + " or older";
  for (const std::string& option : needs.require)
    if (kernel.option(option) == ir::OptionState::no)
      return "it needs " + option + ", which kernel " + kernel.name + " lacks";
  return std::nullopt;
}

/// Whether the kernel can run the case's schedulers at all.
std::optional<std::string> scheduler_mismatch(const ir::Case& to_run,
                                              const ir::KernelFacts& kernel) {
  for (const ir::CaseScheduler& scheduler : to_run.schedulers) {
    const std::string who = "the scheduler `" + scheduler.name + "`";
    if (scheduler.kernels) {
      const std::optional<ir::KernelRange> range = ir::parse_kernel_range(*scheduler.kernels);
      if (range &&
          (ir::is_older(kernel.version, range->from) || ir::is_newer(kernel.version, range->to)))
        return who + " runs on kernels " + *scheduler.kernels + ", not on " + kernel.release;
    }
    constexpr std::string_view option = "CONFIG_SCHED_CLASS_EXT";
    if (!scheduler.binary.empty() && kernel.option(option) == ir::OptionState::no)
      return who + " needs " + std::string(option) + ", which kernel " + kernel.name + " lacks";
  }
  return std::nullopt;
}

/// Why the scenario makes no sense on this host.
std::optional<std::string> host_mismatch(const ir::HostNeeds& needs, const ir::HostFacts& host,
                                         const Options& options) {
  const bool kvm = options.accelerator == vmm::Accelerator::kvm;
  if (needs.accelerator && (*needs.accelerator == ir::Engine::kvm) != kvm)
    return std::string("it needs ") + (kvm ? "tcg" : "kvm") + ", and machines are run by " +
           (kvm ? "kvm" : "tcg");
  const auto few = [](std::optional<std::uint32_t> least, std::size_t have,
                      const char* what) -> std::optional<std::string> {
    if (!least || have >= *least) return std::nullopt;
    return "it needs a host with at least " + std::to_string(*least) + " " + what +
           ", and this one has " + std::to_string(have);
  };
  if (auto reason = few(needs.min_cpus, host.cpus, "CPUs")) return reason;
  if (auto reason = few(needs.min_llcs, host.llcs.size(), "LLCs")) return reason;
  if (auto reason = few(needs.min_nodes, host.nodes.size(), "NUMA nodes")) return reason;
  if (needs.min_memory && host.memory_available < *needs.min_memory)
    return "it needs " + schema::Scalar<Bytes>::print(*needs.min_memory) +
           " of memory to be had, and this host has " +
           std::to_string(host.memory_available.count >> 20) + " MiB";
  return std::nullopt;
}

bool alone(const ir::Case& to_run, const Options& options) {
  return to_run.performance || options.performance;
}

std::optional<std::string> too_many_vcpus(const ir::Case& to_run, const ir::HostFacts& host,
                                          const Options& options) {
  const topology::Topology& topology = to_run.program.topology;
  const std::uint32_t capacity = vcpu_capacity(host, options);
  if (topology.cpu_count() <= capacity) return std::nullopt;
  const bool kvm = options.accelerator == vmm::Accelerator::kvm;
  return std::to_string(topology.cpu_count()) + " vCPUs are more than the " +
         std::to_string(capacity) + " that " + (kvm ? "kvm" : "tcg") + " serves on " +
         std::to_string(host.cpus) + " host CPUs; --max-vcpus lifts the limit" +
         (kvm ? ", --overcommit too" : "");
}

std::optional<std::string> too_much_memory(const ir::Case& to_run, const ir::HostFacts& host,
                                           const Options& options) {
  const topology::Topology& topology = to_run.program.topology;
  const Bytes wanted = topology.memory() * options.jobs + left_for_the_host;
  if (wanted <= host.memory_available) return std::nullopt;
  return std::to_string(topology.memory().count >> 20) + " MiB of guest memory, " +
         std::to_string(options.jobs) + " at a time, are more than the " +
         std::to_string(host.memory_available.count >> 20) + " MiB this host has available";
}

/// Gives the machine its part of the host; the reason when it cannot have it.
std::optional<std::string> place(const ir::Case& to_run, const ir::HostFacts& host,
                                 const Options& options, Launch& launch) {
  const topology::Topology& topology = to_run.program.topology;
  if (!alone(to_run, options)) {
    const std::uint32_t vcpus = topology.cpu_count();
    SharedPlacement shared =
        place_shared(vcpus + 1, std::min(vcpus, host.cpus), host, options.held);
    if (shared.cpus != host.allowed) launch.machine.cpus = shared.cpus;
    launch.reservation = std::move(shared.reservation);
    return std::nullopt;
  }
  if (!options.parallel)
    return "performance mode needs a thread per vCPU, and this emulator runs all on one";
  std::variant<Placement, Refusal> placed =
      place_alone(topology, host, options.accelerator, options.keeps_running, options.held);
  if (const auto* refusal = std::get_if<Refusal>(&placed)) return refusal->reason;
  auto& placement = std::get<Placement>(placed);
  launch.machine.performance = std::move(placement.performance);
  launch.reservation = std::move(placement.reservation);
  launch.notes = std::move(placement.notes);
  return std::nullopt;
}

/// How often the program puts a scheduler in charge.
std::int64_t attachments(const ir::Program& program) {
  const auto in = [](const std::vector<ir::Op>& ops) {
    return std::ranges::count_if(ops, [](const ir::Op& op) {
      return std::holds_alternative<ir::AttachScheduler>(op) ||
             std::holds_alternative<ir::RestartScheduler>(op) ||
             std::holds_alternative<ir::ReplaceScheduler>(op);
    });
  };
  std::int64_t out = in(program.backdrop.ops) + (program.scheduler ? 1 : 0);
  for (const ir::Step& step : program.steps) out += in(step.ops);
  return out;
}

/// The longest that all of that may take.
Nanos time_to_attach(const ir::Program& program, vmm::Accelerator accelerator) {
  Nanos longest{0};
  for (const ir::GuestScheduler& scheduler : program.schedulers)
    longest = std::max(longest, attach_patience(scheduler.attach_timeout, accelerator));
  return attachments(program) * longest;
}

}  // namespace

std::uint32_t vcpu_capacity(const ir::HostFacts& host, const Options& options) {
  if (options.max_vcpus != 0) return options.max_vcpus;
  if (options.overcommit) return topology::CpuSet::limit;
  return options.accelerator == vmm::Accelerator::kvm ? host.cpus : host.cpus * tcg_vcpus_per_cpu;
}

Nanos attach_patience(Nanos attach_timeout, vmm::Accelerator accelerator) {
  constexpr int slower = 6;
  return accelerator == vmm::Accelerator::tcg ? slower * attach_timeout : attach_timeout;
}

std::string command_line(const ir::Case& to_run, const Options& options) {
  std::string line;
  for (const std::string_view word : ir::kernel_arguments) {
    if (!line.empty()) line += " ";
    line += word;
  }
  if (!options.extra_command_line.empty()) line += " " + options.extra_command_line;
  for (const std::string& word : to_run.kargs) line += " " + word;
  return line;
}

std::vector<vmm::DeviceConfig> devices(const ir::Case& to_run, const Options& options) {
  std::vector<vmm::DeviceConfig> out{vmm::VsockDevice{.listen = {options.vsock_port}}};
  if (const std::optional<ir::Disk>& disk = to_run.program.disk)
    out.emplace_back(vmm::BlockDevice{.mode = vmm::DiskMode::read_write,
                                      .bytes_per_second = disk->bytes_per_second,
                                      .operations_per_second = disk->operations_per_second});
  return out;
}

std::variant<Launch, Skip> decide(const ir::Case& to_run, const ir::HostFacts& host,
                                  const ir::KernelFacts& kernel, const Options& options) {
  if (to_run.skip) return Skip{*to_run.skip};
  if (const auto reason = kernel_mismatch(to_run.kernel, kernel)) return Skip{*reason};
  if (const auto reason = lacking(to_run.program, kernel)) return Skip{*reason};
  if (const auto reason = scheduler_mismatch(to_run, kernel)) return Skip{*reason};
  if (const auto reason = host_mismatch(to_run.host, host, options)) return Skip{*reason};
  if (const auto reason = too_many_vcpus(to_run, host, options)) return Skip{*reason};

  Launch launch;
  launch.machine.name = to_run.id.scenario;
  launch.machine.accelerator = options.accelerator;
  launch.machine.topology = to_run.program.topology;
  if (const auto reason = place(to_run, host, options, launch)) return Skip{*reason};
  // Huge pages were set aside before: they are no part of what is available.
  const bool pooled = launch.machine.performance && launch.machine.performance->hugepages;
  if (const auto reason = too_much_memory(to_run, host, options); reason && !pooled)
    return Skip{*reason};
  // Our own monitor knows the 64-bit entry too, QEMU only PVH's.
  const bool enterable = kernel.pvh || options.accelerator == vmm::Accelerator::kvm;
  const bool direct = enterable && !kernel.vmlinux.empty();
  launch.machine.kernel = {
      .path = direct ? kernel.vmlinux : kernel.bz_image,
      .format = direct ? vmm::KernelFormat::vmlinux : vmm::KernelFormat::bz_image};
  launch.machine.command_line = command_line(to_run, options);
  launch.notes.insert(launch.notes.end(), to_run.notes.begin(), to_run.notes.end());
  launch.machine.devices = devices(to_run, options);
  launch.boot_limit = 60s + 4s * to_run.program.topology.cpu_count();
  launch.silence_limit = options.accelerator == vmm::Accelerator::tcg ? 30s : 10s;
  launch.run_limit = to_run.timeout + time_to_attach(to_run.program, options.accelerator);
  return launch;
}

Nanos estimate(const ir::Case& to_run, const ir::HostFacts& host, const ir::KernelFacts& kernel,
               const Options& options) {
  if (std::holds_alternative<Skip>(decide(to_run, host, kernel, options))) return {};
  const Nanos boot = options.accelerator == vmm::Accelerator::tcg
                         ? 5s + 500ms * to_run.program.topology.cpu_count()
                         : 2s;
  return boot + to_run.duration;
}

}  // namespace ktstr::plan
