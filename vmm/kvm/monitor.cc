// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/monitor.h"

#include "vmm/arch/x86_64/apic.h"
#include "vmm/arch/x86_64/cpuid.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/machine.h"

namespace ktstr::vmm::kvm {
namespace {

constexpr Bytes least_first_memory = 32_MiB;  // Kernels begin at 16 MiB.

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

class KvmMonitor final : public Monitor {
 public:
  explicit KvmMonitor(Kvm kvm) : kvm_(std::move(kvm)) {
    facts_ = {.accelerator = Accelerator::kvm,
              .name = "KVM",
              .parallel = true,
              .keeps_running = kvm_.can_keep_running(),
              .emulated = x86_64::host_is_emulated()};
  }

  [[nodiscard]] const MonitorFacts& facts() const override { return facts_; }
  [[nodiscard]] std::optional<std::string> obstacle(const MachineConfig& config) const override;
  Result<std::unique_ptr<Machine>> create(const MachineConfig& config) override {
    if (const std::optional<std::string> reason = obstacle(config))
      return fail("machine " + config.name + ": " + *reason);
    return create_machine(config, kvm_);
  }

 private:
  Kvm kvm_;
  MonitorFacts facts_;
};

std::optional<std::string> KvmMonitor::obstacle(const MachineConfig& config) const {
  const topology::Topology& topology = config.topology;
  if (config.accelerator != Accelerator::kvm) return "KVM does not emulate";
  if (const std::optional<std::string> flaw = topology::flaw(topology)) return flaw;
  const std::string name = to_text(topology);
  if (topology.cpu_count() > kvm_.most_vcpus())
    return name + " has " + number(topology.cpu_count()) + " CPUs, this host's KVM offers " +
           number(kvm_.most_vcpus());
  if (const std::uint32_t id = x86_64::apic_ids(topology).back(); id >= kvm_.most_vcpu_ids())
    return name + " needs APIC id " + number(id) + ", this host's KVM offers up to " +
           number(kvm_.most_vcpu_ids() - 1);
  for (const topology::Node& node : topology.nodes)
    if (node.memory.count == 0 || node.memory.count % (1_MiB).count != 0)
      return "the memory of a node is not a multiple of 1MiB";
  if (topology.nodes.front().memory < least_first_memory)
    return "the first node has less than " + number(least_first_memory.count >> 20) +
           "MiB of memory";
  if (const std::optional<std::string> flaw = vmm::flaw(config.devices)) return flaw;
  if (config.performance && config.performance->keep_running && !kvm_.can_keep_running())
    return "performance mode needs HLT and PAUSE without exits, which this host's KVM lacks";
  if (config.devices.size() > x86_64::most_virtio_slots)
    return "a machine has at most " + number(x86_64::most_virtio_slots) + " devices";
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Monitor>> open_monitor(const std::string& device) {
  Kvm kvm = TRY(Kvm::open(device));
  return std::make_unique<KvmMonitor>(std::move(kvm));
}

}  // namespace ktstr::vmm::kvm
