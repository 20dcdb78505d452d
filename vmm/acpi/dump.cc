// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/acpi/dump.h"

#include <algorithm>

#include "vmm/acpi/table.h"
#include "vmm/arch/x86_64/acpi_input.h"
#include "vmm/arch/x86_64/memory_map.h"

namespace ktstr::vmm::acpi {
namespace {

constexpr std::size_t bytes_per_line = 16;

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) out[i] = "0123456789ABCDEF"[value & 0xf];
  return out;
}

std::string line(std::size_t offset, ByteView bytes) {
  std::string numbers;
  std::string text;
  for (const std::byte each : bytes) {
    const auto value = std::to_integer<unsigned char>(each);
    numbers += ' ' + hex(value, 2);
    text += value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '.';
  }
  numbers.resize(3 * bytes_per_line, ' ');
  return "    " + hex(offset, 4) + ":" + numbers + "  " + text + "\n";
}

std::string dump(std::string_view signature, GuestPhys at, ByteView table) {
  std::string out(signature);
  out += " @ 0x" + hex(at.raw, 16) + "\n";
  for (std::size_t i = 0; i < table.size(); i += bytes_per_line)
    out += line(i, table.subspan(i, std::min(bytes_per_line, table.size() - i)));
  return out + "\n";
}

}  // namespace

std::string dump_tables(const MachineConfig& config) {
  const AcpiImage image = build_acpi(x86_64::acpi_input(config), x86_64::acpi_at);
  constexpr std::size_t rsdp_size = 36, xsdt_in_rsdp = 24, dsdt_in_fadt = 140;
  const auto from = [&](std::uint64_t address) {
    return ByteView(image.bytes).subspan(address - image.at.raw);
  };
  const auto table = [&](std::uint64_t address) {
    const ByteView rest = from(address);
    return rest.first(load_le<std::uint32_t>(rest, 4));
  };
  const auto shown = [&](std::uint64_t address) {
    const ByteView bytes = table(address);
    return dump(as_text(bytes.first(4)), GuestPhys(address), bytes);
  };
  const ByteView rsdp = from(image.rsdp.raw).first(rsdp_size);
  const auto xsdt_at = load_le<std::uint64_t>(rsdp, xsdt_in_rsdp);
  std::string out = dump("RSDP", image.rsdp, rsdp) + shown(xsdt_at);
  const ByteView xsdt = table(xsdt_at);
  for (std::size_t i = Table::header_size; i < xsdt.size(); i += sizeof(std::uint64_t)) {
    const auto address = load_le<std::uint64_t>(xsdt, i);
    out += shown(address);
    if (as_text(table(address).first(4)) == "FACP")
      out += shown(load_le<std::uint64_t>(table(address), dsdt_in_fadt));
  }
  return out;
}

}  // namespace ktstr::vmm::acpi
