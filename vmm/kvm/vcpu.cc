// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/vcpu.h"

#include <atomic>
#include <cerrno>

#include "vmm/kvm/abi.h"
#include "vmm/kvm/control.h"

namespace ktstr::vmm::kvm {
namespace {

Buffer pack(std::span<const Msr> msrs) {
  Buffer raw = abi::make_array<kvm_msr_entry>(msrs.size());
  for (std::size_t i = 0; i < msrs.size(); ++i)
    abi::set_entry(raw, i, kvm_msr_entry{msrs[i].index, 0, msrs[i].value});
  return raw;
}

kvm_device_attr tsc_attribute(std::uint64_t& value) {
  kvm_device_attr attribute{};
  attribute.group = KVM_VCPU_TSC_CTRL;
  attribute.attr = KVM_VCPU_TSC_OFFSET;
  attribute.addr = reinterpret_cast<std::uintptr_t>(&value);
  return attribute;
}

}  // namespace

Result<Vcpu> Vcpu::create(Fd fd, Bytes run_size) {
  Mapping shared = TRY(Mapping::of(fd, run_size, Mapping::Access::write));
  // Asking for it waits for a vCPU that runs, reading it does not.
  Result<int> statistics = control(fd, KVM_GET_STATS_FD, "KVM_GET_STATS_FD", 0);
  return Vcpu(std::move(fd), std::move(shared), Fd(statistics.value_or(-1)));
}

int Vcpu::run() const {
  return ::ioctl(fd_.get(), KVM_RUN, 0) < 0 ? errno : 0;
}

void Vcpu::interrupt(bool wanted) const {
  std::atomic_ref(state()->immediate_exit).store(wanted ? 1 : 0);
}

ByteSpan Vcpu::port_bytes() const {
  const auto& io = state()->io;
  const std::uint64_t size = std::uint64_t{io.size} * io.count;
  const ByteSpan all = shared_.bytes();
  if (io.data_offset > all.size() || size > all.size() - io.data_offset) return {};
  return all.subspan(io.data_offset, size);
}

ByteSpan Vcpu::memory_bytes() const {
  auto& memory = state()->mmio;
  return std::as_writable_bytes(std::span(memory.data))
      .first(std::min<std::size_t>(memory.len, sizeof memory.data));
}

Result<kvm_regs> Vcpu::registers() const {
  kvm_regs out{};
  TRY(control(fd_, KVM_GET_REGS, "KVM_GET_REGS", &out));
  return out;
}

Status Vcpu::set_registers(const kvm_regs& registers) const {
  return command(fd_, KVM_SET_REGS, "KVM_SET_REGS", &registers);
}

Result<kvm_sregs> Vcpu::system_registers() const {
  kvm_sregs out{};
  TRY(control(fd_, KVM_GET_SREGS, "KVM_GET_SREGS", &out));
  return out;
}

Status Vcpu::set_system_registers(const kvm_sregs& registers) const {
  return command(fd_, KVM_SET_SREGS, "KVM_SET_SREGS", &registers);
}

Status Vcpu::set_cpuid(std::span<const x86_64::CpuidLeaf> leaves) const {
  Buffer raw = abi::make_array<kvm_cpuid_entry2>(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const x86_64::CpuidLeaf& leaf = leaves[i];
    kvm_cpuid_entry2 entry{};
    entry.function = leaf.leaf;
    entry.index = leaf.subleaf;
    entry.flags = leaf.indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0;
    entry.eax = leaf.eax;
    entry.ebx = leaf.ebx;
    entry.ecx = leaf.ecx;
    entry.edx = leaf.edx;
    abi::set_entry(raw, i, entry);
  }
  return command(fd_, abi::set_cpuid2, "KVM_SET_CPUID2", raw.data());
}

Result<std::uint64_t> Vcpu::msr(std::uint32_t index) const {
  const Msr wanted{index, 0};
  Buffer raw = pack({&wanted, 1});
  if (TRY(control(fd_, abi::get_msrs, "KVM_GET_MSRS", raw.data())) != 1)
    return fail("KVM_GET_MSRS: there is no MSR " + std::to_string(index));
  return std::uint64_t{abi::entry_of<kvm_msr_entry>(raw, 0).data};
}

Status Vcpu::set_msrs(std::span<const Msr> msrs) const {
  const int done = TRY(control(fd_, abi::set_msrs, "KVM_SET_MSRS", pack(msrs).data()));
  if (static_cast<std::size_t>(done) != msrs.size())
    return fail("KVM_SET_MSRS: MSR " + std::to_string(msrs[static_cast<std::size_t>(done)].index) +
                " was refused");
  return {};
}

Status Vcpu::announce_pause() const {
  return command(fd_, KVM_KVMCLOCK_CTRL, "KVM_KVMCLOCK_CTRL", 0);
}

Result<std::uint64_t> Vcpu::tsc_offset() const {
  std::uint64_t value = 0;
  kvm_device_attr attribute = tsc_attribute(value);
  TRY(control(fd_, KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR KVM_VCPU_TSC_OFFSET", &attribute));
  return value;
}

Status Vcpu::set_tsc_offset(std::uint64_t offset) const {
  kvm_device_attr attribute = tsc_attribute(offset);
  return command(fd_, KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR KVM_VCPU_TSC_OFFSET", &attribute);
}

}  // namespace ktstr::vmm::kvm
