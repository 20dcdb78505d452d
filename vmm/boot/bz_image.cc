// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot/bz_image.h"

#include <algorithm>

namespace ktstr::vmm::boot {
namespace {

constexpr std::size_t sector = 512;
// Offsets of the setup header's fields, in the file.
constexpr std::size_t setup_sectors_at = 0x1f1;
constexpr std::size_t boot_flag_at = 0x1fe;
constexpr std::size_t jump_length_at = 0x201;
constexpr std::size_t magic_at = 0x202;
constexpr std::size_t protocol_at = 0x206;
constexpr std::size_t load_flags_at = 0x211;
constexpr std::size_t initramfs_last_at = 0x22c;
constexpr std::size_t more_load_flags_at = 0x236;
constexpr std::size_t command_line_limit_at = 0x238;
constexpr std::size_t preferred_address_at = 0x258;
constexpr std::size_t memory_size_at = 0x260;
constexpr std::size_t fields_end = 0x264;

constexpr std::uint16_t oldest_protocol = 0x20c;  // The first that tells of a 64-bit entry.
constexpr std::uint8_t loaded_high = 1;
constexpr std::uint16_t kernel_64 = 1;
constexpr std::uint64_t lowest_start = (1_MiB).count;
constexpr std::uint64_t address_limit = (4_GiB).count;  // Of what the entry can rely on.

tl::unexpected<Error> refuse(const std::string& why) {
  return fail("read the bzImage: " + why, "the file is damaged or not an x86-64 bzImage");
}

}  // namespace

Result<BzImage> read_bz_image(ByteView file) {
  if (file.size() < fields_end || as_text(file.subspan(magic_at, 4)) != "HdrS" ||
      load_le<std::uint16_t>(file, boot_flag_at) != 0xaa55)
    return refuse("it has no setup header");
  if (load_le<std::uint16_t>(file, protocol_at) < oldest_protocol)
    return refuse("its boot protocol is older than 2.12");
  if ((load_le<std::uint8_t>(file, load_flags_at) & loaded_high) == 0 ||
      (load_le<std::uint16_t>(file, more_load_flags_at) & kernel_64) == 0)
    return refuse("it has no 64-bit entry");

  const auto sectors = load_le<std::uint8_t>(file, setup_sectors_at);
  const std::size_t setup = (sectors == 0 ? 5u : sectors + 1u) * sector;
  // The byte before the magic is the operand of a jump over the header: its length.
  const std::size_t header_end = magic_at + load_le<std::uint8_t>(file, jump_length_at);
  if (header_end < fields_end || header_end > file.size()) return refuse("its header lies");
  if (setup < header_end || setup + BzImage::entry_offset >= file.size())
    return refuse("it ends before its entry");

  BzImage out;
  const std::size_t kept = std::min(header_end, setup_header_limit);
  out.setup_header = file.subspan(setup_header_start, kept - setup_header_start);
  out.offset = {setup};
  out.size = {file.size() - setup};
  out.start = GuestPhys(load_le<std::uint64_t>(file, preferred_address_at));
  out.memory_size = {
      std::max<std::uint64_t>(load_le<std::uint32_t>(file, memory_size_at), out.size.count)};
  if (out.start.raw < lowest_start || out.start.raw % (4_KiB).count != 0 ||
      out.start.raw >= address_limit || out.memory_size.count > address_limit - out.start.raw)
    return refuse("it wants to be loaded where it cannot be");
  out.initramfs_last = GuestPhys(load_le<std::uint32_t>(file, initramfs_last_at));
  out.command_line_limit = load_le<std::uint32_t>(file, command_line_limit_at);
  return out;
}

}  // namespace ktstr::vmm::boot
