// SPDX-License-Identifier: GPL-2.0-only
// An arbitrary file, or a good vmlinux with bytes changed: reading it ends, and what it gives can
// be relied on by whoever places it in memory.
#include "vmm/boot/elf.h"

#include <cstdlib>

#include "support/tiny_kernel.h"

using namespace ktstr;
using namespace ktstr::vmm;

namespace {

void check(ByteView file) {
  const Result<boot::ElfKernel> kernel = boot::read_elf(file);
  if (!kernel) return;
  std::uint64_t reached = 0;
  bool covers_entry = false;
  bool covers_pvh = !kernel->pvh;
  for (const boot::Segment& segment : kernel->segments) {
    const std::uint64_t start = segment.start.raw;
    if (start < reached || segment.memory_size.count == 0) std::abort();
    reached = start + segment.memory_size.count;
    if (reached <= start || segment.file_size > segment.memory_size) std::abort();
    if (segment.offset.count > file.size() ||
        segment.file_size.count > file.size() - segment.offset.count)
      std::abort();
    const auto covers = [&](GuestPhys at) {
      return at.raw >= start && at.raw - start < segment.file_size.count;
    };
    covers_entry |= covers(kernel->entry);
    covers_pvh |= kernel->pvh && covers(*kernel->pvh);
  }
  if (!covers_entry || !covers_pvh || kernel->end().raw != reached) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check(bytes);
  // Pairs of place and value; all that is read lies in the first 64 KiB.
  Buffer file = tiny::elf(tiny::Code(64, 0x90), true);
  for (std::size_t i = 0; i + 3 <= size; i += 3)
    file[load_le<std::uint16_t>(bytes, i) % (i % 2 == 0 ? 0x240 : file.size())] = bytes[i + 2];
  check(file);
  return 0;
}
