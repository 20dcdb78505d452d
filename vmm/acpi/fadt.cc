// SPDX-License-Identifier: GPL-2.0-only
// The FADT, revision 6.3: hardware-reduced, with registers to sleep and to reset.
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"

namespace ktstr::vmm::acpi {

Buffer fadt(const AcpiInput& input, GuestPhys dsdt) {
  // Boot architecture: what is not there. That there is no i8042 is said by a bit left out.
  constexpr std::uint16_t no_vga = 1 << 2, no_cmos_clock = 1 << 5;
  constexpr std::uint32_t wbinvd = 1 << 0, c1 = 1 << 2, no_power_button = 1 << 4,
                          no_sleep_button = 1 << 5, has_reset = 1 << 10, hardware_reduced = 1 << 20;
  constexpr std::size_t generic_address_size = 12;
  Table table("FACP", 6);
  table.zeros(109 - Table::header_size);  // Of fixed hardware, which there is none of.
  table.u16(no_vga | no_cmos_clock).u8(0);
  table.u32(wbinvd | c1 | no_power_button | no_sleep_button | hardware_reduced |
            (input.reset ? has_reset : 0));
  if (input.reset)
    table.port_register(input.reset->port).u8(input.reset->value);
  else
    table.zeros(generic_address_size + 1);
  table.u16(0).u8(3);                     // ARM boot architecture; minor revision.
  table.u64(0).u64(dsdt.raw);             // No FACS.
  table.zeros(8 * generic_address_size);  // Event, control, timer and GPE blocks.
  table.port_register(input.sleep_control).port_register(input.sleep_status);
  table.u64(0);  // The hypervisor's vendor, which CPUID tells.
  return table.take();
}

}  // namespace ktstr::vmm::acpi
