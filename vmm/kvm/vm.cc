// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/vm.h"

#include "vmm/kvm/abi.h"
#include "vmm/kvm/control.h"

namespace ktstr::vmm::kvm {
namespace {

Status enable(const Fd& vm, std::uint32_t capability, std::string_view name,
              std::uint64_t argument) {
  kvm_enable_cap request{};
  request.cap = capability;
  request.args[0] = argument;
  return command(vm, KVM_ENABLE_CAP, name, &request);
}

}  // namespace

Status Vm::set_up_x86(std::uint32_t pins) const {
  std::uint64_t identity_map = x86_64::identity_map_at.raw;
  TRY(control(fd_, KVM_SET_IDENTITY_MAP_ADDR, "KVM_SET_IDENTITY_MAP_ADDR", &identity_map));
  TRY(control(fd_, KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR", x86_64::tss_at.raw));
  TRY(enable(fd_, KVM_CAP_SPLIT_IRQCHIP, "KVM_ENABLE_CAP KVM_CAP_SPLIT_IRQCHIP", pins));
  return enable(fd_, KVM_CAP_X2APIC_API, "KVM_ENABLE_CAP KVM_CAP_X2APIC_API",
                KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
}

Status Vm::keep_running() const {
  return enable(fd_, KVM_CAP_X86_DISABLE_EXITS, "KVM_ENABLE_CAP KVM_CAP_X86_DISABLE_EXITS",
                KVM_X86_DISABLE_EXITS_HLT | KVM_X86_DISABLE_EXITS_PAUSE);
}

Status Vm::add_memory(std::uint32_t slot, GuestPhys start, ByteSpan memory) const {
  kvm_userspace_memory_region region{};
  region.slot = slot;
  region.guest_phys_addr = start.raw;
  region.memory_size = memory.size();
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.data());
  return command(fd_, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &region);
}

Result<Vcpu> Vm::create_vcpu(std::uint32_t id) const {
  const int vcpu = TRY(control(fd_, KVM_CREATE_VCPU, "KVM_CREATE_VCPU " + std::to_string(id),
                               static_cast<unsigned long>(id)));
  return Vcpu::create(Fd(vcpu), run_size_);
}

Status Vm::set_routes(std::span<const Route> routes) const {
  Buffer raw = abi::make_array<kvm_irq_routing_entry>(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    kvm_irq_routing_entry entry{};
    entry.gsi = routes[i].gsi;
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.u.msi.address_lo = static_cast<std::uint32_t>(routes[i].message.address);
    entry.u.msi.address_hi = static_cast<std::uint32_t>(routes[i].message.address >> 32);
    entry.u.msi.data = routes[i].message.data;
    abi::set_entry(raw, i, entry);
  }
  return command(fd_, abi::set_gsi_routing, "KVM_SET_GSI_ROUTING", raw.data());
}

Status Vm::attach_interrupt(std::uint32_t gsi, const Fd& event) const {
  kvm_irqfd request{};
  request.fd = static_cast<std::uint32_t>(event.get());
  request.gsi = gsi;
  return command(fd_, KVM_IRQFD, "KVM_IRQFD", &request);
}

Status Vm::detach_interrupt(std::uint32_t gsi, const Fd& event) const {
  kvm_irqfd request{};
  request.fd = static_cast<std::uint32_t>(event.get());
  request.gsi = gsi;
  request.flags = KVM_IRQFD_FLAG_DEASSIGN;
  return command(fd_, KVM_IRQFD, "KVM_IRQFD (deassign)", &request);
}

Status Vm::attach_write(GuestPhys address, std::uint32_t value, const Fd& event) const {
  kvm_ioeventfd request{};
  request.addr = address.raw;
  request.len = sizeof value;
  request.fd = event.get();
  request.datamatch = value;
  request.flags = KVM_IOEVENTFD_FLAG_DATAMATCH;
  return command(fd_, KVM_IOEVENTFD, "KVM_IOEVENTFD", &request);
}

Result<std::uint64_t> Vm::clock() const {
  kvm_clock_data data{};
  TRY(control(fd_, KVM_GET_CLOCK, "KVM_GET_CLOCK", &data));
  return std::uint64_t{data.clock};
}

Status Vm::set_clock(std::uint64_t nanoseconds) const {
  kvm_clock_data data{};
  data.clock = nanoseconds;
  return command(fd_, KVM_SET_CLOCK, "KVM_SET_CLOCK", &data);
}

Result<Fd> Vm::statistics() const {
  return Fd(TRY(control(fd_, KVM_GET_STATS_FD, "KVM_GET_STATS_FD", 0)));
}

}  // namespace ktstr::vmm::kvm
