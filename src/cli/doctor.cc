// SPDX-License-Identifier: GPL-2.0-only
#include "cli/doctor.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "plan/accelerator.h"

namespace ktstr::cli {
namespace {

constexpr Bytes hugepage = 2_MiB;
constexpr double much_pressure = 20;  // Percent.

std::string gibibytes(Bytes size) {
  return fmt::format("{:.1f} GiB", static_cast<double>(size.count) / (1 << 30));
}

std::string count(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

Observation kvm(const Examined& examined) {
  Observation out{.topic = "kvm", .health = Health::good, .fact = {}, .advice = {}};
  const std::optional<std::string> obstacle = plan::kvm_obstacle(examined.kvm);
  if (!obstacle) {
    out.fact = "works, " + plan::speed_text(examined.kvm) + " in kernel mode";
    return out;
  }
  out.health = Health::useless;
  switch (examined.host.kvm) {
    case ir::DeviceAccess::absent:
      out.fact = "there is no /dev/kvm";
      out.advice =
          "switch virtualisation on in the firmware, or nested virtualisation in the hypervisor, "
          "and load kvm_intel or kvm_amd";
      break;
    case ir::DeviceAccess::denied:
      out.fact = "/dev/kvm may not be opened";
      out.advice = "join the group that owns it, usually kvm: `usermod -aG kvm $USER`";
      break;
    case ir::DeviceAccess::allowed:
      if (!examined.kvm.opens.fine()) {
        out.fact = "is there, but " + *obstacle;
        out.advice =
            "`dmesg | grep -i kvm` says why: virtualisation is off in the firmware, or another "
            "hypervisor, such as VirtualBox, has it";
        break;
      }
      out.fact = "opens, but is of no use: " + *obstacle;
      out.advice =
          "whoever runs the hypervisor below must mend what the next lines say; until then "
          "machines are emulated";
  }
  return out;
}

/// The parts of a KVM that opens, one by one: whoever runs the hypervisor below wants to know.
std::vector<Observation> kvm_parts(const Examined& examined) {
  std::vector<Observation> out;
  if (!examined.kvm.opens.fine() || !plan::kvm_obstacle(examined.kvm)) return out;
  struct Part {
    const char* topic;
    const ir::KvmTrial& trial;
    const char* advice;
  };
  const Part parts[] = {
      {"kvm speed", examined.kvm.speed,
       "let the hypervisor below give this machine VMX or SVM with nested paging (EPT, NPT): "
       "without, it emulates the guest's kernel"},
      {"kvm int3", examined.kvm.breakpoint,
       "kernels patch their code by int3: the hypervisor below must run it rather than emulate it"},
      {"kvm xrstor", examined.kvm.extended_state,
       "the hypervisor below must pass XSAVE and its states on, or run this host on another CPU "
       "model, such as host-passthrough"},
      {"kvm timer", examined.kvm.timer,
       "the hypervisor below must deliver the local APIC's timer; a newer one, or another host"}};
  for (const Part& part : parts) {
    std::string fact = part.trial.detail;
    const bool is_speed = &part.trial == &examined.kvm.speed;
    if (is_speed && fact.empty()) fact = plan::speed_text(examined.kvm);
    if (fact.empty()) fact = part.trial.fine() ? "works" : "was not come to";
    const bool slow = is_speed && examined.kvm.instructions_per_second < ir::least_kvm_speed;
    if (slow) fact += fmt::format(", less than {:.0f} million", ir::least_kvm_speed / 1e6);
    const bool good = part.trial.fine() && !slow;
    const bool untried = part.trial.outcome == ir::TrialOutcome::untried;
    out.push_back({part.topic, good ? Health::good : Health::useless, std::move(fact),
                   good      ? ""
                   : untried ? "mend what failed before it first"
                             : part.advice});
  }
  return out;
}

Observation qemu(const Examined& examined) {
  if (!examined.qemu)
    return {"qemu", plan::kvm_obstacle(examined.kvm) ? Health::useless : Health::lacking,
            examined.qemu_trouble, "install qemu-system-x86, of version 10 if it is to be had"};
  if (examined.qemu->parallel)
    return {"qemu", Health::good, examined.qemu->name + ", emulates with a thread per vCPU", {}};
  return {"qemu", Health::lacking, examined.qemu->name + ", " + examined.qemu->note,
          "`./dev setup` brings QEMU 10 where it can"};
}

Observation cpus(const ir::HostFacts& host) {
  std::size_t cores = 0;
  std::uint32_t kinds = 0;
  for (const ir::HostLlc& llc : host.llcs)
    for (const ir::HostCore& core : llc.cores) {
      ++cores;
      kinds = std::max(kinds, core.kind + 1);
    }
  std::string fact =
      fmt::format("{}, {}, {}, {}", count(host.online.count(), "CPU"), count(cores, "core"),
                  count(host.llcs.size(), "LLC"), count(host.nodes.size(), "NUMA node"));
  if (kinds > 1) fact += fmt::format(", cores of {} kinds", kinds);
  if (host.allowed == host.online) return {"cpus", Health::good, std::move(fact), {}};
  return {"cpus", Health::lacking,
          fact + fmt::format("; we may use {}: {}", host.cpus, to_text(host.allowed)),
          "widen the cpuset or affinity we run under"};
}

Observation performance(const ir::HostFacts& host) {
  const auto roomy = std::ranges::count_if(
      host.llcs, [&](const ir::HostLlc& llc) { return llc.cpus().subset_of(host.allowed); });
  if (host.cpus < 2)
    return {"performance", Health::lacking, "takes one CPU more than vCPUs, and there is one",
            "allow us another CPU: by cpuset, affinity, or a larger host"};
  std::string fact = fmt::format("for up to {} on {}", count(host.cpus - 1, "vCPU"),
                                 count(static_cast<std::uint64_t>(roomy), "LLC"));
  if (host.realtime_priority == 0)
    return {"performance", Health::lacking, fact + ", without SCHED_FIFO, which is not permitted",
            "`ulimit -r 1` or CAP_SYS_NICE"};
  if (host.realtime_throttled)
    return {"performance", Health::lacking,
            fact + "; the kernel may stop real-time tasks for a part of each second",
            "`sysctl kernel.sched_rt_runtime_us=-1` while measuring"};
  return {"performance", Health::good, std::move(fact), {}};
}

Observation memory(const ir::HostFacts& host) {
  Bytes all;
  for (const ir::HostNode& node : host.nodes) all.count += node.memory.count;
  const bool little = host.memory_available < 2_GiB;
  return {"memory", little ? Health::lacking : Health::good,
          gibibytes(host.memory_available) + " available of " + gibibytes(all),
          little
              ? "a machine takes 1 GiB and more: end what uses memory, or give scenarios less by "
                "`memory`"
              : ""};
}

Observation hugepages(const ir::HostFacts& host) {
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  for (const ir::HostNode& node : host.nodes)
    for (const ir::HugepagePool& pool : node.hugepages)
      if (pool.size == hugepage) {
        total += pool.total;
        free += pool.free;
      }
  if (free > 0)
    return {"hugepages", Health::good, fmt::format("{} of 2 MiB free of {}", free, total), {}};
  return {"hugepages", Health::lacking,
          total == 0 ? "none of 2 MiB are set aside, performance mode does without"
                     : fmt::format("none of {} are free", total),
          "`sysctl vm.nr_hugepages=1024` sets 2 GiB aside"};
}

Observation cgroups(const ir::HostFacts& host) {
  constexpr std::array names{"none", "version 1", "version 1, and 2 without controllers",
                             "version 2"};
  const bool good = host.cgroups == ir::CgroupVersion::v2;
  return {
      "cgroups", good ? Health::good : Health::lacking,
      names[static_cast<std::size_t>(host.cgroups)],
      good ? "" : "only for load on the host itself: boot with systemd.unified_cgroup_hierarchy=1"};
}

Observation pressure(const ir::HostFacts& host) {
  if (!host.pressure)
    return {"pressure", Health::lacking, "not measured by this kernel",
            "CONFIG_PSI=y, or boot with psi=1"};
  const bool busy = host.pressure->cpu > much_pressure || host.pressure->memory > much_pressure;
  return {
      "pressure", busy ? Health::lacking : Health::good,
      fmt::format("in the last 10 s tasks waited for CPU {:.0f} %, memory {:.0f} %, I/O {:.0f} % "
                  "of the time",
                  host.pressure->cpu, host.pressure->memory, host.pressure->io),
      busy ? "times measured now will be inconclusive; let others end first" : ""};
}

Observation locks(const Examined& examined) {
  if (examined.locks.empty())
    return {
        "locks", Health::lacking,
        "no reservations, so that runs at the same time may share CPUs: " + examined.lock_trouble,
        "`install -d -m 1777 /run/ktstr` as root, or XDG_RUNTIME_DIR on a local file system"};
  return {"locks", Health::good, "reservations are kept in " + examined.locks, {}};
}

Observation kernels(const Examined& examined) {
  if (examined.kernels.empty())
    return {"kernels", Health::useless, "none is cached", "`ktstr kernel fetch`"};
  std::string names;
  for (const std::string& name : examined.kernels) names += (names.empty() ? "" : ", ") + name;
  return {"kernels", Health::good, std::move(names), {}};
}

Observation tool(const Tool& tool) {
  if (tool.version.empty())
    return {
        tool.name, Health::lacking, "missing; " + tool.purpose + " takes it",
        "install " + tool.name + (tool.oldest > 0 ? fmt::format(" {} or later", tool.oldest) : "")};
  if (tool.major < tool.oldest)
    return {tool.name, Health::lacking,
            fmt::format("{}, too old: {} takes {}", tool.version, tool.purpose, tool.oldest),
            fmt::format("install {} {} or later", tool.name, tool.oldest)};
  return {tool.name, Health::good, tool.version, {}};
}

void conclude(const Examined& examined, Diagnosis& out) {
  const plan::AcceleratorChoice choice = plan::choose_accelerator(std::nullopt, examined.kvm);
  const bool emulates = choice.accelerator == vmm::Accelerator::tcg;
  if (emulates && !examined.qemu) {
    out.choice = "nothing: " + choice.why + ", and " + examined.qemu_trouble;
    return;
  }
  out.choice =
      (emulates ? "tcg by " + examined.qemu->name : std::string("kvm")) + " (" + choice.why + ")";
  if (examined.kernels.empty()) {
    out.choice += ", once there is a kernel";
    return;
  }
  out.choice += ", kernel " + examined.kernels.front();
  out.can_run = true;
}

}  // namespace

Diagnosis diagnose(const Examined& examined) {
  Diagnosis out;
  out.observations.push_back(kvm(examined));
  std::ranges::move(kvm_parts(examined), std::back_inserter(out.observations));
  for (Observation& next :
       std::vector{qemu(examined), cpus(examined.host), memory(examined.host),
                   performance(examined.host), hugepages(examined.host), cgroups(examined.host),
                   pressure(examined.host), locks(examined), kernels(examined)})
    out.observations.push_back(std::move(next));
  for (const Tool& each : examined.tools) out.observations.push_back(tool(each));
  conclude(examined, out);
  return out;
}

std::string render(const Diagnosis& diagnosis) {
  constexpr std::array marks{"ok", "--", "!!"};
  std::string out;
  for (const Observation& each : diagnosis.observations)
    out += fmt::format("{}  {:<12} {}{}\n", marks[static_cast<std::size_t>(each.health)],
                       each.topic, each.fact, each.advice.empty() ? "" : " → " + each.advice);
  return out + "ktstr-run would use " + diagnosis.choice + "\n";
}

}  // namespace ktstr::cli
