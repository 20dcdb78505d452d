// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/trial_guest.h"

#include <array>

#include "vmm/arch/x86_64/start.h"
#include "vmm/boot/place.h"

namespace ktstr::vmm::x86_64 {
namespace {

constexpr std::uint64_t code_at = 0x100000;
constexpr std::uint64_t trial_room = 0x100;
constexpr std::uint64_t breakpoint_handler_at = code_at + 0x800;
constexpr std::uint64_t timer_handler_at = code_at + 0x900;
constexpr std::uint64_t interrupt_table_at = 0x101000;
constexpr std::uint64_t compacted_state_at = 0x102000;  // What xrstors reads.
constexpr std::uint64_t stack_top = 0x104000;

constexpr std::uint16_t code_selector = 0x10;  // Of `place_tables`.
constexpr std::uint8_t breakpoint_vector = 3;
constexpr std::uint8_t timer_vector = 0x40;
constexpr std::uint64_t cr4_fxsr = 1 << 9;
constexpr std::uint64_t cr4_xsave = 1 << 18;
constexpr std::uint64_t flags_reserved = 1 << 1;
constexpr std::uint64_t loops = trial_instructions / 2;

//   mov $loops, %ecx;  1: dec %ecx;  jnz 1b;  mov $1, %al;  out %al, $0xf4;  hlt
constexpr std::array<std::uint8_t, 14> speed_code{0xb9, 0xa0, 0x86, 0x01, 0x00, 0xff, 0xc9,
                                                  0x75, 0xfc, 0xb0, 0x01, 0xe6, 0xf4, 0xf4};
//   xor %ebx, %ebx;  int3;  mov %bl, %al;  out %al, $0xf4;  hlt
constexpr std::array<std::uint8_t, 8> breakpoint_code{0x31, 0xdb, 0xcc, 0x88,
                                                      0xd8, 0xe6, 0xf4, 0xf4};
//   mov $2, %bl;  iretq
constexpr std::array<std::uint8_t, 4> breakpoint_handler{0xb3, 0x02, 0x48, 0xcf};
//   xor %ecx, %ecx;  xor %edx, %edx;  mov $3, %eax;  xsetbv
//   mov $compacted_state_at, %edi;  xrstors64 (%rdi);  mov $3, %al;  out %al, $0xf4;  hlt
constexpr std::array<std::uint8_t, 26> compacted_state_code{
    0x31, 0xc9, 0x31, 0xd2, 0xb8, 0x03, 0x00, 0x00, 0x00, 0x0f, 0x01, 0xd1, 0xbf,
    0x00, 0x20, 0x10, 0x00, 0x48, 0x0f, 0xc7, 0x1f, 0xb0, 0x03, 0xe6, 0xf4, 0xf4};
//   The same with 0x102800, where all is zero, xrstor64 and 4.
constexpr std::array<std::uint8_t, 26> standard_state_code{
    0x31, 0xc9, 0x31, 0xd2, 0xb8, 0x03, 0x00, 0x00, 0x00, 0x0f, 0x01, 0xd1, 0xbf,
    0x00, 0x28, 0x10, 0x00, 0x48, 0x0f, 0xae, 0x2f, 0xb0, 0x04, 0xe6, 0xf4, 0xf4};
//   mov $0xfee00000, %edi;  movl $0x1ff, 0xf0(%rdi)   (the APIC on)
//   movl $0x40, 0x320(%rdi);  movl $0xb, 0x3e0(%rdi)  (vector, once; the clock undivided)
//   movl $100000, 0x380(%rdi);  sti;  1: hlt;  jmp 1b
constexpr std::array<std::uint8_t, 49> timer_code{
    0xbf, 0x00, 0x00, 0xe0, 0xfe,                                //
    0xc7, 0x87, 0xf0, 0x00, 0x00, 0x00, 0xff, 0x01, 0x00, 0x00,  //
    0xc7, 0x87, 0x20, 0x03, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00,  //
    0xc7, 0x87, 0xe0, 0x03, 0x00, 0x00, 0x0b, 0x00, 0x00, 0x00,  //
    0xc7, 0x87, 0x80, 0x03, 0x00, 0x00, 0xa0, 0x86, 0x01, 0x00,  //
    0xfb, 0xf4, 0xeb, 0xfd};
//   mov $5, %al;  out %al, $0xf4;  hlt
constexpr std::array<std::uint8_t, 5> timer_handler{0xb0, 0x05, 0xe6, 0xf4, 0xf4};

constexpr std::uint64_t address_of(Trial trial) {
  return code_at + trial_room * static_cast<std::uint64_t>(trial);
}

Status place(const Ram& ram, std::uint64_t at, std::span<const std::uint8_t> code) {
  return boot::place_bytes(ram, GuestPhys(at), std::as_bytes(code));
}

/// A 64-bit interrupt gate (Intel SDM 3A §7.14.1).
Status place_gate(const Ram& ram, std::uint8_t vector, std::uint64_t handler) {
  constexpr std::uint64_t present_interrupt_gate = 0x8e00;
  const std::array<std::uint64_t, 2> gate{(handler & 0xffff) | std::uint64_t{code_selector} << 16 |
                                              present_interrupt_gate << 32 |
                                              (handler >> 16 & 0xffff) << 48,
                                          handler >> 32};
  return boot::place_bytes(ram, GuestPhys(interrupt_table_at + vector * sizeof gate),
                           std::as_bytes(std::span(gate)));
}

/// The compacted form with nothing in it: x87 and SSE get their initial state.
Status place_state(const Ram& ram) {
  constexpr std::uint64_t compacted_x87_sse = std::uint64_t{1} << 63 | 3;
  constexpr std::uint64_t header = 512;
  const std::array<std::uint64_t, 2> fields{0, compacted_x87_sse};
  return boot::place_bytes(ram, GuestPhys(compacted_state_at + header),
                           std::as_bytes(std::span(fields)));
}

}  // namespace

Status place_trials(const Ram& ram) {
  TRY(place_tables(ram, boot::Protocol::linux_64));
  TRY(place(ram, address_of(Trial::speed), speed_code));
  TRY(place(ram, address_of(Trial::breakpoint), breakpoint_code));
  TRY(place(ram, address_of(Trial::compacted_state), compacted_state_code));
  TRY(place(ram, address_of(Trial::standard_state), standard_state_code));
  TRY(place(ram, address_of(Trial::timer), timer_code));
  TRY(place(ram, breakpoint_handler_at, breakpoint_handler));
  TRY(place(ram, timer_handler_at, timer_handler));
  TRY(place_gate(ram, breakpoint_vector, breakpoint_handler_at));
  TRY(place_gate(ram, timer_vector, timer_handler_at));
  return place_state(ram);
}

Status set_trial(const kvm::Vcpu& vcpu, Trial trial, bool has_xsave) {
  const GuestPhys at(address_of(trial));
  TRY(set_entry(vcpu,
                {.protocol = boot::Protocol::linux_64, .at = at, .argument = {}, .mapped = {}}));
  kvm_sregs system = TRY(vcpu.system_registers());
  system.idt.base = interrupt_table_at;
  system.idt.limit = 0xfff;
  system.cr4 |= cr4_fxsr | (has_xsave ? cr4_xsave : 0);
  TRY(vcpu.set_system_registers(system));
  kvm_regs general{};
  general.rip = at.raw;
  general.rsp = stack_top;
  general.rflags = flags_reserved;
  return vcpu.set_registers(general);
}

std::uint64_t executed(const kvm_regs& registers) {
  const std::uint64_t start = address_of(Trial::speed);
  if (registers.rip < start || registers.rip >= start + speed_code.size()) return 0;
  if (registers.rip == start) return 0;  // rcx means nothing yet.
  const std::uint64_t left = registers.rcx & UINT32_MAX;
  return left > loops ? 0 : (loops - left) * 2;
}

}  // namespace ktstr::vmm::x86_64
