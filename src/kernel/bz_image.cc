// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/bz_image.h"

#include <algorithm>

#include "image/decompress.h"

namespace ktstr::kernel {
namespace {

constexpr std::size_t sector = 512;
constexpr std::size_t setup_sectors_at = 0x1f1;
constexpr std::size_t magic_at = 0x202;
constexpr std::size_t protocol_at = 0x206;
constexpr std::size_t version_at = 0x20e;
constexpr std::size_t payload_offset_at = 0x248;
constexpr std::size_t payload_length_at = 0x24c;
constexpr std::size_t header_end = 0x250;
constexpr std::uint16_t payload_protocol = 0x208;  // The first with payload_offset.

/// Where the 32-bit part starts; 0 setup sectors mean 4.
std::size_t setup_size(ByteView file) {
  const auto sectors = load_le<std::uint8_t>(file, setup_sectors_at);
  return (sectors == 0 ? 5U : sectors + 1U) * sector;
}

tl::unexpected<Error> damaged(const std::string& why) {
  return fail("read the bzImage: " + why, "the file is damaged or incomplete");
}

/// The packed kernel without the length that the build puts behind it (in gzip it is part of the
/// format).
Result<ByteView> payload(ByteView file) {
  if (!is_bz_image(file)) return damaged("it has no setup header");
  if (load_le<std::uint16_t>(file, protocol_at) < payload_protocol)
    return fail("read the bzImage: its boot protocol is older than 2.08",
                "kernels before 2.6.26 are not supported");
  const std::uint64_t start =
      setup_size(file) + std::uint64_t{load_le<std::uint32_t>(file, payload_offset_at)};
  const std::uint64_t length = load_le<std::uint32_t>(file, payload_length_at);
  if (start > file.size() || length > file.size() - start)
    return damaged("the packed kernel would end at byte " + std::to_string(start + length) +
                   " of " + std::to_string(file.size()));
  const ByteView packed = file.subspan(start, length);
  constexpr std::size_t trailer = sizeof(std::uint32_t);
  const bool ends_itself = image::detect_compression(packed) == image::Compression::gzip;
  if (ends_itself || packed.size() < trailer) return packed;
  return packed.first(packed.size() - trailer);
}

}  // namespace

bool is_bz_image(ByteView file) {
  return file.size() >= header_end && as_text(file.subspan(magic_at, 4)) == "HdrS";
}

std::string bz_image_release(ByteView file) {
  constexpr std::size_t longest = 128;
  if (!is_bz_image(file)) return {};
  const auto offset = load_le<std::uint16_t>(file, version_at);
  if (offset == 0 || offset + sector >= file.size()) return {};
  const std::string_view text = as_text(file.subspan(offset + sector)).substr(0, longest);
  const std::size_t end = text.find_first_of(std::string_view(" \0", 2));
  return std::string(end == text.npos ? "" : text.substr(0, end));
}

Result<Buffer> extract_vmlinux(ByteView file) {
  const ByteView packed = TRY(payload(file));
  Result<Buffer> vmlinux = image::decompress(packed, vmlinux_limit);
  if (!vmlinux) return fail_within("unpack the bzImage", std::move(vmlinux).error());
  if (!as_text(*vmlinux).starts_with("\x7F"
                                     "ELF"))
    return damaged("it holds no ELF file");
  return vmlinux;
}

}  // namespace ktstr::kernel
