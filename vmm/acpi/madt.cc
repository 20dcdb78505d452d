// SPDX-License-Identifier: GPL-2.0-only
// The MADT. A processor's UID is its vCPU number; kernels number CPUs in the order of the entries.
#include "base/check.h"
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"
#include "vmm/arch/x86_64/apic.h"

namespace ktstr::vmm::acpi {
namespace {

enum Type : std::uint8_t {
  local_apic = 0,
  io_apic = 1,
  local_apic_nmi = 4,
  local_x2apic = 9,
  local_x2apic_nmi = 10
};

constexpr std::uint32_t enabled = 1;
constexpr std::uint8_t nmi_pin = 1;  // LINT1.

}  // namespace

Buffer madt(const AcpiInput& input) {
  CHECK(input.lapic.raw <= UINT32_MAX && input.ioapic.raw <= UINT32_MAX);
  Table table("APIC", 5);
  table.u32(static_cast<std::uint32_t>(input.lapic.raw)).u32(0);  // No 8259.
  const std::vector<std::uint32_t> ids = x86_64::apic_ids(input.topology);
  for (std::uint32_t cpu = 0; cpu < ids.size(); ++cpu) {
    if (const std::uint32_t id = ids[cpu]; id < x86_64::first_x2apic_id)
      table.u8(local_apic)
          .u8(8)
          .add(static_cast<std::uint8_t>(cpu))
          .add(static_cast<std::uint8_t>(id))
          .u32(enabled);
    else
      table.u8(local_x2apic).u8(16).u16(0).u32(id).u32(enabled).u32(cpu);
  }
  table.u8(io_apic).u8(12).u8(0).u8(0).u32(static_cast<std::uint32_t>(input.ioapic.raw)).u32(0);
  table.u8(local_apic_nmi).u8(6).u8(UINT8_MAX).u16(0).u8(nmi_pin);  // Of all processors.
  if (ids.back() >= x86_64::first_x2apic_id)
    table.u8(local_x2apic_nmi).u8(12).u16(0).u32(UINT32_MAX).u8(nmi_pin).zeros(3);
  return table.take();
}

}  // namespace ktstr::vmm::acpi
