// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/kvm.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>

#include "vmm/kvm/abi.h"
#include "vmm/kvm/control.h"

namespace ktstr::vmm::kvm {
namespace {

constexpr std::size_t most_leaves = 256;  // KVM has no more.

struct Need {
  long capability;
  std::string_view name;
};

constexpr std::array needs{
    Need{KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
    Need{KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP"},
    Need{KVM_CAP_X2APIC_API, "KVM_CAP_X2APIC_API"},
    Need{KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING"},
    Need{KVM_CAP_IRQFD, "KVM_CAP_IRQFD"},
    Need{KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},
    Need{KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
    Need{KVM_CAP_TSC_DEADLINE_TIMER, "KVM_CAP_TSC_DEADLINE_TIMER"},
    Need{KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR"},
    Need{KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR"},
    Need{KVM_CAP_ADJUST_CLOCK, "KVM_CAP_ADJUST_CLOCK"},
};

std::string_view hint_of(int code) {
  switch (code) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return "the processor's virtualisation must be on in the firmware and kvm_intel or kvm_amd "
             "loaded";
    case EACCES:
    case EPERM:
      return "join the group that owns it, usually kvm";
    default:
      return {};
  }
}

}  // namespace

Result<Kvm> Kvm::open(const std::string& path) {
  Result<Fd> device = open_file(path, O_RDWR);
  if (!device)
    return fail_code(device.error().code, device.error().what,
                     std::string(hint_of(device.error().code)));
  if (const int version = TRY(control(*device, KVM_GET_API_VERSION, "KVM_GET_API_VERSION", 0));
      version != KVM_API_VERSION)
    return fail(path + " speaks version " + std::to_string(version) + " of KVM's interface");
  const int size = TRY(control(*device, KVM_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE", 0));
  if (static_cast<std::size_t>(size) < sizeof(kvm_run))
    return fail(path + " shares less than a kvm_run with its users");
  Kvm kvm(*std::move(device), {static_cast<std::uint64_t>(size)});
  for (const Need& need : needs)
    if (kvm.capability(need.capability) == 0)
      return fail("the KVM of this host lacks " + std::string(need.name),
                  "it takes a kernel of 2017 or later");
  return kvm;
}

int Kvm::capability(long number) const {
  return control(device_, KVM_CHECK_EXTENSION, "KVM_CHECK_EXTENSION", number).value_or(0);
}

std::uint32_t Kvm::most_vcpus() const {
  return static_cast<std::uint32_t>(capability(KVM_CAP_MAX_VCPUS));
}

std::uint32_t Kvm::most_vcpu_ids() const {
  // Older kernels have one limit for both.
  return std::max(static_cast<std::uint32_t>(capability(KVM_CAP_MAX_VCPU_ID)), most_vcpus());
}

bool Kvm::can_keep_running() const {
  constexpr int wanted = KVM_X86_DISABLE_EXITS_HLT | KVM_X86_DISABLE_EXITS_PAUSE;
  return (capability(KVM_CAP_X86_DISABLE_EXITS) & wanted) == wanted;
}

Result<std::vector<x86_64::CpuidLeaf>> Kvm::supported_cpuid() const {
  Buffer raw = abi::make_array<kvm_cpuid_entry2>(most_leaves);
  TRY(control(device_, abi::get_supported_cpuid, "KVM_GET_SUPPORTED_CPUID", raw.data()));
  const std::size_t count = std::min<std::size_t>(load_le<std::uint32_t>(raw), most_leaves);
  std::vector<x86_64::CpuidLeaf> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = abi::entry_of<kvm_cpuid_entry2>(raw, i);
    out[i] = {entry.function, entry.index, (entry.flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) != 0,
              entry.eax,      entry.ebx,   entry.ecx,
              entry.edx};
  }
  return out;
}

Result<Vm> Kvm::create_vm() const {
  Result<int> vm = control(device_, KVM_CREATE_VM, "KVM_CREATE_VM", 0);
  // It gives up when a signal comes in the middle.
  while (!vm && vm.error().code == EINTR) vm = control(device_, KVM_CREATE_VM, "KVM_CREATE_VM", 0);
  if (!vm) return tl::unexpected(std::move(vm).error());
  return Vm(Fd(*vm), run_size_);
}

}  // namespace ktstr::vmm::kvm
