// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/requirements.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ktstr::kernel {
namespace {

using ir::OptionState;

constexpr std::array base = {
    Need{"64BIT", "the guest's init is a 64-bit program"},
    Need{"BINFMT_ELF", "the guest's init is an ELF program"},
    Need{"BLK_DEV_INITRD", "the guest runs from an initramfs"},
    Need{"PRINTK", "the console tells what goes wrong"},
    Need{"SERIAL_8250_CONSOLE", "the console is the PC's serial port"},
    Need{"PCI", "an emulated machine's devices are on PCI", false, Bus::pci},
    Need{"VIRTIO_PCI", "an emulated machine's devices are on PCI", true, Bus::pci},
    Need{"VIRTIO_MMIO", "the devices of a machine under KVM are memory-mapped", true, Bus::mmio},
    Need{"VSOCKETS", "the guest talks to the host over vsock", true},
    Need{"VIRTIO_VSOCKETS", "the guest talks to the host over vsock", true},
    Need{"SMP", "scenarios run on several CPUs"},
    Need{"ACPI", "the topology reaches the guest through ACPI"},
    Need{"CGROUPS", "scenarios create cgroups"},
    Need{"CGROUP_SCHED", "scenarios give cgroups their share of CPU time"},
    Need{"FAIR_GROUP_SCHED", "scenarios set cpu.weight"},
    Need{"CFS_BANDWIDTH", "scenarios set cpu.max"},
    Need{"CPUSETS", "scenarios set cpusets"},
    Need{"MEMCG", "scenarios set memory limits"},
    Need{"PROC_FS", "the guest reads /proc"},
    Need{"SYSFS", "the guest reads its topology in /sys"},
    Need{"DEVTMPFS", "the guest's device nodes come from it"},
    Need{"TMPFS", "the guest's files are in memory"},
    Need{"EPOLL", "init waits with epoll"},
    Need{"TIMERFD", "init waits with timerfd"},
    Need{"SIGNALFD", "init waits with signalfd"},
    Need{"EVENTFD", "init waits with eventfd"},
    Need{"FUTEX", "workers wait on futexes"},
    Need{"UNIX", "workers talk over sockets"},
};

bool is_met(const ir::KernelFacts& facts, const Need& need) {
  switch (facts.option(need.option)) {
    case OptionState::unknown:
    case OptionState::yes:
      return true;
    case OptionState::module:
      return need.module_will_do && !facts.modules.empty();
    case OptionState::no:
      return false;
  }
  return false;
}

std::string describe(const ir::KernelFacts& facts, const Need& need) {
  std::string text = "CONFIG_" + std::string(need.option);
  if (facts.option(need.option) == OptionState::module)
    text +=
        need.module_will_do ? " (a module, and its modules are not at hand)" : " (only a module)";
  return text + ": " + std::string(need.why);
}

}  // namespace

std::span<const Need> base_needs() {
  return base;
}

std::vector<Need> base_needs(Bus bus) {
  std::vector<Need> out;
  std::ranges::copy_if(base, std::back_inserter(out),
                       [&](const Need& need) { return need.only_on.value_or(bus) == bus; });
  return out;
}

Result<std::vector<std::string>> check_needs(const ir::KernelFacts& facts,
                                             std::span<const Need> needs) {
  std::vector<std::string> unknown;
  std::string lacking;
  std::string enable;
  for (const Need& need : needs) {
    if (facts.option(need.option) == OptionState::unknown) unknown.emplace_back(need.option);
    if (is_met(facts, need)) continue;
    lacking += (lacking.empty() ? "" : "; ") + describe(facts, need);
    enable += " -e " + std::string(need.option);
  }
  if (!lacking.empty())
    return fail("kernel " + facts.name + " lacks " + lacking,
                "in its source tree: scripts/config" + enable +
                    " && make olddefconfig, then build it again");
  return unknown;
}

Result<image::ModulePlan> guest_modules(const ir::KernelFacts& facts, Bus bus,
                                        std::span<const Driver> drivers) {
  std::vector<Driver> owners = {
      bus == Bus::pci ? Driver{"VIRTIO_PCI", "virtio_pci"} : Driver{"VIRTIO_MMIO", "virtio_mmio"},
      {"VSOCKETS", "vsock"},
      {"VIRTIO_VSOCKETS", "vmw_vsock_virtio_transport"},
  };
  owners.insert(owners.end(), drivers.begin(), drivers.end());
  if (facts.modules.empty()) return image::ModulePlan{};
  std::vector<std::string> wanted;
  bool certain = false;
  std::string enable;
  for (const auto& [option, module] : owners) {
    enable += " -e " + std::string(option);
    const OptionState state = facts.option(option);
    if (state == OptionState::module || state == OptionState::unknown) wanted.emplace_back(module);
    certain = certain || state == OptionState::module;
  }
  if (wanted.empty()) return image::ModulePlan{};
  // With this one a panic is a fact that the machine reports; without it the console must tell.
  const std::vector<std::string> helpful{"pvpanic_mmio"};
  if (facts.option("PVPANIC_MMIO") == OptionState::module &&
      TRY(image::resolve_modules(facts.modules, helpful)).missing.empty())
    wanted.push_back(helpful[0]);
  image::ModulePlan plan = TRY(image::resolve_modules(facts.modules, wanted));
  // What is missing without being known to be a module may be built in.
  if (plan.missing.empty() || !certain) return plan;
  std::string list;
  for (const std::string& name : plan.missing) list += (list.empty() ? "" : ", ") + name;
  return fail("kernel " + facts.name + " has no module " + list + " in " + facts.modules,
              "install its modules there, or build them in: scripts/config" + enable);
}

}  // namespace ktstr::kernel
