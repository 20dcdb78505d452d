// SPDX-License-Identifier: GPL-2.0-only
// An arbitrary file, or a good bzImage with bytes changed: reading it ends, and what it gives can
// be relied on by whoever places it in memory.
#include "vmm/boot/bz_image.h"

#include <cstdlib>
#include <cstring>

#include <asm/bootparam.h>

using namespace ktstr;
using namespace ktstr::vmm;

namespace {

void check(ByteView file) {
  const Result<boot::BzImage> image = boot::read_bz_image(file);
  if (!image) return;
  if (image->size.count == 0 || image->offset.count + image->size.count != file.size())
    std::abort();
  if (image->memory_size < image->size || image->start < GuestPhys((1_MiB).count) ||
      image->end().raw > (4_GiB).count || image->entry() >= image->end())
    std::abort();
  if (image->setup_header.data() != file.data() + boot::setup_header_start ||
      image->setup_header.size() > boot::setup_header_limit - boot::setup_header_start)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check(bytes);
  Buffer file(5 * 512 + 4096);
  setup_header header{};
  header.setup_sects = 4;
  header.boot_flag = 0xaa55;
  header.jump = 0x6aeb;
  header.header = 0x53726448;
  header.version = 0x20f;
  header.loadflags = LOADED_HIGH;
  header.xloadflags = XLF_KERNEL_64;
  header.pref_address = 0x1000000;
  header.init_size = 0x200000;
  std::memcpy(file.data() + boot::setup_header_start, &header, sizeof header);
  // Pairs of place and value within the header; the first byte may cut the file.
  for (std::size_t i = 1; i + 2 <= size; i += 2)
    file[boot::setup_header_start + std::to_integer<std::size_t>(bytes[i]) % sizeof header] =
        bytes[i + 1];
  if (size > 0) file.resize(file.size() - std::to_integer<std::size_t>(bytes[0]) * 26);
  check(file);
  return 0;
}
