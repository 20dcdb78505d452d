// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/acpi/tables.h"

#include <algorithm>

#include "base/check.h"
#include "vmm/acpi/parts.h"
#include "vmm/acpi/table.h"

namespace ktstr::vmm::acpi {
namespace {

constexpr std::size_t alignment = 16;
constexpr std::size_t rsdp_size = 36;
/// Of the tables the XSDT lists: FADT, MADT, SRAT, SLIT, PPTT, HMAT.
constexpr std::size_t most_listed = 6;

Buffer rsdp(GuestPhys xsdt) {
  Buffer out;
  const auto add = [&](std::string_view text) {
    for (const std::byte each : as_bytes(text)) out.push_back(each);
  };
  add("RSD PTR ");
  append_le<std::uint8_t>(out, 0);  // Checksum of the first 20 bytes.
  add("KTSTR ");
  append_le<std::uint8_t>(out, 2);   // Revision.
  append_le<std::uint32_t>(out, 0);  // No RSDT.
  append_le<std::uint32_t>(out, rsdp_size);
  append_le(out, xsdt.raw);
  append_le<std::uint32_t>(out, 0);  // Checksum of all, and three reserved bytes.
  store_le(out, 8, checksum(ByteView(out).first(20)));
  store_le(out, 32, checksum(out));
  CHECK(out.size() == rsdp_size);
  return out;
}

}  // namespace

AcpiImage build_acpi(const AcpiInput& input, GuestPhys at) {
  CHECK(at.raw % alignment == 0);
  const auto aligned = [](std::size_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  const std::size_t xsdt_at = aligned(rsdp_size);
  AcpiImage image{at, Buffer(xsdt_at + aligned(Table::header_size + 8 * most_listed)), at};
  const auto place = [&](const Buffer& table) {
    const GuestPhys where(at.raw + image.bytes.size());
    image.bytes.insert(image.bytes.end(), table.begin(), table.end());
    image.bytes.resize(aligned(image.bytes.size()));
    return where;
  };
  const auto put = [&](std::size_t offset, const Buffer& table) {
    check_bounds(offset, table.size(), image.bytes.size());
    std::ranges::copy(table, image.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  };

  Table xsdt("XSDT", 1);
  const GuestPhys dsdt_at = place(dsdt(input));
  xsdt.u64(place(fadt(input, dsdt_at)).raw);
  xsdt.u64(place(madt(input)).raw);
  xsdt.u64(place(srat(input)).raw);
  xsdt.u64(place(slit(input.topology)).raw);
  xsdt.u64(place(pptt(input.topology)).raw);
  if (wants_hmat(input.topology)) xsdt.u64(place(hmat(input.topology)).raw);
  put(xsdt_at, xsdt.take());
  put(0, rsdp(GuestPhys(at.raw + xsdt_at)));
  return image;
}

}  // namespace ktstr::vmm::acpi
