// SPDX-License-Identifier: GPL-2.0-only
// Where things are in a machine: in its memory when it starts, on its MMIO and port buses, and by
// interrupt. RAM is vmm/ram.h's. What stands below 1 MiB is read by the kernel early and then free
// for it, but for the ACPI tables.
#pragma once

#include <vector>

#include "topology/topology.h"
#include "vmm/ram.h"

namespace ktstr::vmm::x86_64 {

// Below 1 MiB.
inline constexpr GuestPhys gdt_at{0x500};
inline constexpr GuestPhys start_info_at{0x6000};   ///< Of the PVH protocol, up to 4 KiB.
inline constexpr GuestPhys zero_page_at{0x7000};    ///< Of the Linux protocol, 4 KiB.
inline constexpr GuestPhys page_tables_at{0x9000};  ///< 6 pages.
inline constexpr GuestPhys command_line_at{0x20000};
inline constexpr std::size_t command_line_room = 2048;  ///< COMMAND_LINE_SIZE, the zero included.
inline constexpr GuestPhys low_ram_end{0x9fc00};        ///< What follows is the firmware's.
inline constexpr GuestPhys acpi_at{0xe0000};
inline constexpr GuestPhys reset_vector_at{0xffff0};  ///< 16 bytes of code, as of a BIOS.
inline constexpr Bytes acpi_room{reset_vector_at.raw - acpi_at.raw};
inline constexpr GuestPhys high_ram_start{0x100000};  ///< Kernels and initramfs stand from here.

// Between ram_gap_start and ram_gap_end.
inline constexpr GuestPhys virtio_base{0xd0000000};
inline constexpr Bytes virtio_slot = 4_KiB;
inline constexpr GuestPhys ioapic_base{0xfec00000};
inline constexpr Bytes ioapic_size = 4_KiB;
inline constexpr GuestPhys identity_map_at{0xfffbc000};  ///< KVM's own, a page.
inline constexpr GuestPhys tss_at{0xfffbd000};           ///< KVM's own, three pages.

// Interrupts, by pin of the IOAPIC.
inline constexpr std::uint32_t ioapic_pins = 24;
inline constexpr std::uint32_t com1_pin = 4;
inline constexpr std::uint32_t first_virtio_pin = 5;
inline constexpr std::uint32_t most_virtio_slots = ioapic_pins - first_virtio_pin;

// Ports.
inline constexpr std::uint16_t keyboard_data_port = 0x60;
inline constexpr std::uint16_t keyboard_control_port = 0x64;
inline constexpr std::uint16_t com1_port = 0x3f8;
inline constexpr std::uint16_t pvpanic_port = 0x505;
inline constexpr std::uint16_t sleep_control_port = 0x600;
inline constexpr std::uint16_t sleep_status_port = 0x601;

enum class MemoryKind : std::uint32_t { ram = 1, reserved = 2 };

/// A line of the memory map given to the kernel.
struct MapEntry {
  GuestPhys start;
  Bytes size;
  MemoryKind kind = MemoryKind::ram;

  bool operator==(const MapEntry&) const = default;
};

/// Ascending. The first RAM region begins at 0 and reaches beyond 1 MiB.
std::vector<MapEntry> memory_map(const std::vector<GuestRange>& ram);

}  // namespace ktstr::vmm::x86_64
