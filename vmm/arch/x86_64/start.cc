// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/start.h"

#include <array>

#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/boot/place.h"

namespace ktstr::vmm::x86_64 {
namespace {

// The selectors that the Linux boot protocol asks for (__BOOT_CS, __BOOT_DS).
constexpr std::uint16_t code_selector = 0x10;
constexpr std::uint16_t data_selector = 0x18;
constexpr std::uint16_t task_selector = 0x20;

constexpr std::uint8_t code_type = 0xb;  // Execute, read, accessed.
constexpr std::uint8_t data_type = 0x3;  // Read, write, accessed.
constexpr std::uint8_t task_type = 0xb;  // Busy, 32 or 64 bits.

constexpr std::uint64_t cr0_protection = 1 << 0;
constexpr std::uint64_t cr0_extension = 1 << 4;
constexpr std::uint64_t cr0_paging = std::uint64_t{1} << 31;
constexpr std::uint64_t cr4_physical_address_extension = 1 << 5;
constexpr std::uint64_t efer_long_mode = 1 << 8 | 1 << 10;  // Enabled, active.
constexpr std::uint64_t flags_reserved = 1 << 1;

constexpr std::uint64_t present_writable = 3;
constexpr std::uint64_t large_page = 1 << 7;
constexpr std::uint64_t page = (4_KiB).count;
constexpr std::uint64_t entries = page / sizeof(std::uint64_t);
constexpr std::uint64_t directories = 4;  // A GiB each.

/// Linux restarts by way of the BIOS where ACPI is hardware-reduced and there is no EFI
/// (reboot_init of arch/x86/kernel/reboot.c): mov al, 0xfe; out 0x64, al; hlt; jmp back.
constexpr std::array<std::uint8_t, 7> restart{0xb0, 0xfe, 0xe6, keyboard_control_port,
                                              0xf4, 0xeb, 0xfd};

constexpr std::uint32_t msr_misc_enable = 0x1a0;
constexpr std::uint32_t msr_mtrr_default_type = 0x2ff;
constexpr std::uint64_t apic_base_x2apic = 1 << 10;
constexpr std::uint64_t fast_strings = 1;
constexpr std::uint64_t mtrr_enabled_write_back = 1 << 11 | 6;

kvm_segment flat(std::uint16_t selector, std::uint8_t type, bool long_mode) {
  const bool code = type == code_type;
  kvm_segment out{};
  out.limit = UINT32_MAX;
  out.selector = selector;
  out.type = type;
  out.present = 1;
  out.s = 1;
  out.g = 1;
  out.l = code && long_mode ? 1 : 0;
  out.db = code && long_mode ? 0 : 1;
  return out;
}

kvm_segment task() {
  kvm_segment out{};
  out.limit = 0x67;
  out.selector = task_selector;
  out.type = task_type;
  out.present = 1;
  return out;
}

/// As the processor would have loaded it (Intel SDM 3A §3.4.5).
std::uint64_t descriptor(const kvm_segment& segment) {
  const std::uint64_t limit = segment.g != 0 ? segment.limit >> 12 : segment.limit;
  const auto access = static_cast<std::uint64_t>(segment.type | segment.s << 4 | segment.dpl << 5 |
                                                 segment.present << 7);
  const auto flags = static_cast<std::uint64_t>(segment.l << 1 | segment.db << 2 | segment.g << 3);
  return (limit & 0xffff) | (segment.base & 0xffffff) << 16 | access << 40 |
         (limit >> 16 & 0xf) << 48 | flags << 52 | (segment.base >> 24 & 0xff) << 56;
}

std::array<std::uint64_t, 5> descriptors(bool long_mode) {
  return {0, 0, descriptor(flat(code_selector, code_type, long_mode)),
          descriptor(flat(data_selector, data_type, long_mode)), descriptor(task())};
}

/// One top table, one table of directories, and directories of 2 MiB pages.
Buffer identity_map() {
  Buffer out((2 + directories) * page);
  const std::uint64_t first = page_tables_at.raw;
  store_le<std::uint64_t>(out, 0, (first + page) | present_writable);
  for (std::uint64_t i = 0; i < directories; ++i)
    store_le<std::uint64_t>(out, page + i * sizeof(std::uint64_t),
                            (first + (2 + i) * page) | present_writable);
  for (std::uint64_t i = 0; i < directories * entries; ++i)
    store_le<std::uint64_t>(out, 2 * page + i * sizeof(std::uint64_t),
                            i * (2_MiB).count | present_writable | large_page);
  return out;
}

}  // namespace

Status place_tables(const Ram& ram, boot::Protocol protocol) {
  const bool long_mode = protocol == boot::Protocol::linux_64;
  const auto table = descriptors(long_mode);
  TRY(boot::place_bytes(ram, gdt_at, std::as_bytes(std::span(table))));
  TRY(boot::place_bytes(ram, reset_vector_at, std::as_bytes(std::span(restart))));
  if (!long_mode) return {};
  return boot::place_bytes(ram, page_tables_at, identity_map());
}

Status set_up_vcpu(const kvm::Vcpu& vcpu, ApicMode apic) {
  if (apic == ApicMode::x2apic) {
    kvm_sregs system = TRY(vcpu.system_registers());
    system.apic_base |= apic_base_x2apic;
    TRY(vcpu.set_system_registers(system));
  }
  const std::uint64_t enabled = TRY(vcpu.msr(msr_misc_enable));
  const std::array msrs{kvm::Msr{msr_misc_enable, enabled | fast_strings},
                        kvm::Msr{msr_mtrr_default_type, mtrr_enabled_write_back}};
  return vcpu.set_msrs(msrs);
}

Status set_entry(const kvm::Vcpu& vcpu, const boot::Entry& entry) {
  const bool long_mode = entry.protocol == boot::Protocol::linux_64;
  kvm_sregs system = TRY(vcpu.system_registers());
  system.cs = flat(code_selector, code_type, long_mode);
  const kvm_segment data = flat(data_selector, data_type, long_mode);
  system.ds = system.es = system.fs = system.gs = system.ss = data;
  system.tr = task();
  system.gdt.base = gdt_at.raw;
  system.gdt.limit = sizeof descriptors(long_mode) - 1;
  system.idt.base = 0;
  system.idt.limit = 0;
  system.cr0 = cr0_protection | cr0_extension;
  system.cr4 = 0;
  system.efer = 0;
  if (long_mode) {
    system.cr0 |= cr0_paging;
    system.cr3 = page_tables_at.raw;
    system.cr4 = cr4_physical_address_extension;
    system.efer = efer_long_mode;
  }
  TRY(vcpu.set_system_registers(system));

  kvm_regs general{};
  general.rip = entry.at.raw;
  general.rflags = flags_reserved;
  (long_mode ? general.rsi : general.rbx) = entry.argument.raw;
  return vcpu.set_registers(general);
}

}  // namespace ktstr::vmm::x86_64
