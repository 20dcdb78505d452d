// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/acpi/dump.h"

#include <algorithm>

#include "vmm/acpi/parts.h"

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

std::string dump(ByteView table) {
  std::string out(as_text(table.first(4)));
  out += " @ 0x" + hex(0, 16) + "\n";
  for (std::size_t i = 0; i < table.size(); i += bytes_per_line)
    out += line(i, table.subspan(i, std::min(bytes_per_line, table.size() - i)));
  return out + "\n";
}

}  // namespace

std::string dump_topology(const topology::Topology& topology) {
  const AcpiInput input{.topology = topology,
                        .ram = ram_layout(topology),
                        .virtio = {},
                        .com1 = {},
                        .pvpanic = {},
                        .reset = {}};
  std::string out =
      dump(madt(input)) + dump(srat(input)) + dump(slit(topology)) + dump(pptt(topology));
  if (wants_hmat(topology)) out += dump(hmat(topology));
  return out;
}

}  // namespace ktstr::vmm::acpi
