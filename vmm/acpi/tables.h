// SPDX-License-Identifier: GPL-2.0-only
// The ACPI tables of a machine (ACPI 6.3), as bytes to be copied into the guest: RSDP, XSDT, FADT,
// DSDT, MADT, SRAT, SLIT, PPTT and, when the topology says anything about its memory, HMAT.
// Hardware-reduced: no PM timer, PIC, PIT, CMOS clock or i8042. The PPTT gives packages, cores and
// threads but no caches: those are told by CPUID, and the kernel reads no PPTT on x86.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "topology/topology.h"
#include "vmm/ram.h"

namespace ktstr::vmm::acpi {

/// A virtio-mmio device, `LNRO0005` in the DSDT. Its interrupt is edge-triggered, active high.
struct MmioSlot {
  GuestPhys base;  ///< Below 4 GiB.
  Bytes size;
  std::uint32_t gsi = 0;
};

/// A 16550A at I/O ports [port, port + 8). Its interrupt is edge-triggered, active high.
struct SerialPort {
  std::uint16_t port = 0x3f8;
  std::uint32_t gsi = 4;
};

/// An 8-bit register in I/O space. Writing `value` to it resets the machine.
struct ResetRegister {
  std::uint16_t port = 0;
  std::uint8_t value = 0;
};

/// What a guest writes to the sleep control register to switch itself off (SLP_TYP 5, SLP_EN).
/// Before that it writes `wake_status` to the status register, and may read it.
inline constexpr std::uint8_t sleep_control_off = 5 << 2 | 1 << 5;
inline constexpr std::uint8_t wake_status = 1 << 7;

struct AcpiInput {
  topology::Topology topology;
  std::vector<RamRegion> ram;  ///< See `ram_layout`.
  std::vector<MmioSlot> virtio;
  std::optional<SerialPort> com1;
  std::optional<std::uint16_t> pvpanic;  ///< Its I/O port, `QEMU0001` in the DSDT.
  std::optional<ResetRegister> reset;
  std::uint16_t sleep_control = 0;  ///< I/O port of an 8-bit register.
  std::uint16_t sleep_status = 0;   ///< Another.
  GuestPhys lapic{0xfee00000};
  GuestPhys ioapic{0xfec00000};  ///< Id 0, GSIs from 0.
};

struct AcpiImage {
  GuestPhys at;
  Buffer bytes;    ///< To be copied to `at`; the caller compares the size with the room it has.
  GuestPhys rsdp;  ///< Is `at`: on a 16-byte boundary, as those who search for it expect.
};

/// `at` is on a 16-byte boundary. 1024 vCPUs on 64 nodes take about 100 KiB; the tables may stand
/// anywhere when the boot protocol passes the RSDP's address.
AcpiImage build_acpi(const AcpiInput& input, GuestPhys at);

}  // namespace ktstr::vmm::acpi
