// SPDX-License-Identifier: GPL-2.0-only
#include "base/check.h"
#include "vmm/boot/handover.h"

namespace ktstr::vmm::boot {
namespace {

constexpr std::uint32_t magic = 0x336ec578;
constexpr std::uint32_t version = 1;  // The first with a memory map.
constexpr std::uint64_t header_size = 56;
constexpr std::uint64_t module_size = 32;
constexpr std::uint64_t map_entry_size = 24;

}  // namespace

Buffer start_info(const Handover& handover, GuestPhys at) {
  const std::uint32_t modules = handover.initramfs ? 1 : 0;
  const std::uint64_t modules_at = at.raw + header_size;
  const std::uint64_t map_at = modules_at + modules * module_size;
  Buffer out;
  append_le<std::uint32_t>(out, magic);
  append_le<std::uint32_t>(out, version);
  append_le<std::uint32_t>(out, 0);  // Flags.
  append_le<std::uint32_t>(out, modules);
  append_le<std::uint64_t>(out, modules == 0 ? 0 : modules_at);
  append_le<std::uint64_t>(out, handover.command_line.raw);
  append_le<std::uint64_t>(out, handover.rsdp.raw);
  append_le<std::uint64_t>(out, map_at);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(handover.map.size()));
  append_le<std::uint32_t>(out, 0);
  if (handover.initramfs) {
    append_le<std::uint64_t>(out, handover.initramfs->start.raw);
    append_le<std::uint64_t>(out, handover.initramfs->size.count);
    append_le<std::uint64_t>(out, 0);  // Its command line.
    append_le<std::uint64_t>(out, 0);
  }
  for (const x86_64::MapEntry& entry : handover.map) {
    append_le<std::uint64_t>(out, entry.start.raw);
    append_le<std::uint64_t>(out, entry.size.count);
    append_le<std::uint32_t>(out, static_cast<std::uint32_t>(entry.kind));
    append_le<std::uint32_t>(out, 0);
  }
  CHECK(out.size() == map_at - at.raw + handover.map.size() * map_entry_size);
  return out;
}

}  // namespace ktstr::vmm::boot
