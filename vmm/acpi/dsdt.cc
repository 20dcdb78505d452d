// SPDX-License-Identifier: GPL-2.0-only
// The DSDT: soft-off, virtio-mmio devices, the serial port and pvpanic. Processors need no objects:
// on x86 the MADT suffices.
#include "base/check.h"
#include "vmm/acpi/aml.h"
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"

namespace ktstr::vmm::acpi {
namespace {

constexpr std::uint8_t off_type = sleep_control_off >> 2 & 7;

/// `V000`, `V001`, …
std::string slot_name(std::size_t index) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  CHECK(index < 0x1000);
  return {'V', digits[index >> 8], digits[index >> 4 & 0xf], digits[index & 0xf]};
}

Buffer virtio_device(const MmioSlot& slot, std::size_t index) {
  CHECK(slot.base.raw <= UINT32_MAX && slot.size.count <= UINT32_MAX - slot.base.raw);
  return aml::device(
      slot_name(index),
      aml::join({aml::name("_HID", aml::string("LNRO0005")), aml::name("_UID", aml::integer(index)),
                 aml::name("_CRS", aml::resources({aml::memory_resource(
                                                       static_cast<std::uint32_t>(slot.base.raw),
                                                       static_cast<std::uint32_t>(slot.size.count)),
                                                   aml::interrupt_resource(slot.gsi)}))}));
}

Buffer serial_device(const SerialPort& serial) {
  return aml::device(
      "COM1",
      aml::join({aml::name("_HID", aml::eisa_id("PNP0501")), aml::name("_UID", aml::integer(0)),
                 aml::name("_CRS", aml::resources({aml::port_resource(serial.port, 8),
                                                   aml::interrupt_resource(serial.gsi)}))}));
}

Buffer pvpanic_device(std::uint16_t port) {
  return aml::device("PEVT",
                     aml::join({aml::name("_HID", aml::string("QEMU0001")),
                                aml::name("_CRS", aml::resources({aml::port_resource(port, 1)}))}));
}

}  // namespace

Buffer dsdt(const AcpiInput& input) {
  Buffer devices;
  const auto add = [&](const Buffer& device) {
    devices.insert(devices.end(), device.begin(), device.end());
  };
  if (input.com1) add(serial_device(*input.com1));
  if (input.pvpanic) add(pvpanic_device(*input.pvpanic));
  for (std::size_t i = 0; i < input.virtio.size(); ++i) add(virtio_device(input.virtio[i], i));
  const Buffer zero = aml::integer(0);
  return Table("DSDT", 2)
      .raw(aml::name("_S5_", aml::package({aml::integer(off_type), zero, zero, zero})))
      .raw(aml::scope("_SB_", devices))
      .take();
}

}  // namespace ktstr::vmm::acpi
