// SPDX-License-Identifier: GPL-2.0-only
// What ACPI says of a machine of our own monitor's: all of it follows from the configuration and
// the memory map. vmm/kvm/board.h puts the devices where it is said here that they are.
#pragma once

#include "vmm/acpi/tables.h"
#include "vmm/config.h"

namespace ktstr::vmm::x86_64 {

/// Where the device at `index` of a configuration is.
acpi::MmioSlot virtio_slot_at(std::uint32_t index);

/// Every node's memory is decided, and there are no more devices than slots.
acpi::AcpiInput acpi_input(const MachineConfig& config);

}  // namespace ktstr::vmm::x86_64
