// SPDX-License-Identifier: GPL-2.0-only
#include <cstring>

#include <asm/bootparam.h>

#include "base/check.h"
#include "vmm/boot/bz_image.h"
#include "vmm/boot/handover.h"

namespace ktstr::vmm::boot {
namespace {

static_assert(sizeof(boot_params) == 4096);
static_assert(offsetof(boot_params, hdr) == setup_header_start);
static_assert(offsetof(boot_params, acpi_rsdp_addr) == 0x70);

constexpr std::uint8_t unknown_loader = 0xff;
constexpr std::uint16_t boot_flag = 0xaa55;
constexpr std::uint32_t magic = 0x53726448;  // "HdrS"
constexpr std::uint16_t protocol = 0x20f;

}  // namespace

Buffer zero_page(const Handover& handover, ByteView setup_header) {
  CHECK(handover.map.size() <= E820_MAX_ENTRIES_ZEROPAGE);
  CHECK(setup_header.size() <= setup_header_limit - setup_header_start);
  boot_params page{};
  if (setup_header.empty()) {
    page.hdr.boot_flag = boot_flag;
    page.hdr.header = magic;
    page.hdr.version = protocol;
    page.hdr.loadflags = LOADED_HIGH;
    page.hdr.kernel_alignment = (2_MiB).count;
  } else {
    std::memcpy(reinterpret_cast<std::byte*>(&page) + setup_header_start, setup_header.data(),
                setup_header.size());
  }
  page.hdr.type_of_loader = unknown_loader;
  page.hdr.cmd_line_ptr = static_cast<std::uint32_t>(handover.command_line.raw);
  page.hdr.cmdline_size = x86_64::command_line_room - 1;
  if (handover.initramfs) {
    page.hdr.ramdisk_image = static_cast<std::uint32_t>(handover.initramfs->start.raw);
    page.hdr.ramdisk_size = static_cast<std::uint32_t>(handover.initramfs->size.count);
  }
  page.acpi_rsdp_addr = handover.rsdp.raw;
  page.e820_entries = static_cast<std::uint8_t>(handover.map.size());
  for (std::size_t i = 0; i < handover.map.size(); ++i) {
    const x86_64::MapEntry& entry = handover.map[i];
    page.e820_table[i] = {entry.start.raw, entry.size.count,
                          static_cast<std::uint32_t>(entry.kind)};
  }
  const auto* raw = reinterpret_cast<const std::byte*>(&page);
  return {raw, raw + sizeof page};
}

}  // namespace ktstr::vmm::boot
