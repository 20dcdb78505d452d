// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/arch/x86_64/acpi_input.h"

#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/devices/endings.h"
#include "vmm/virtio/mmio.h"

namespace ktstr::vmm::x86_64 {

acpi::MmioSlot virtio_slot_at(std::uint32_t index) {
  return {.base = GuestPhys(virtio_base.raw + index * virtio_slot.count),
          .size = {virtio::Mmio::window},
          .gsi = first_virtio_pin + index};
}

acpi::AcpiInput acpi_input(const MachineConfig& config) {
  acpi::AcpiInput out{.topology = config.topology,
                      .ram = ram_layout(config.topology),
                      .virtio = {},
                      .com1 = acpi::SerialPort{com1_port, com1_pin},
                      .pvpanic = pvpanic_port,
                      .reset = acpi::ResetRegister{keyboard_control_port, ResetLine::pulse},
                      .sleep_control = sleep_control_port,
                      .sleep_status = sleep_status_port};
  for (std::uint32_t index = 0; index < config.devices.size(); ++index)
    out.virtio.push_back(virtio_slot_at(index));
  return out;
}

}  // namespace ktstr::vmm::x86_64
