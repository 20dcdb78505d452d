// SPDX-License-Identifier: GPL-2.0-only
// A vmlinux as a loader sees it: the segments to place in memory and the ways in. ELF64 as the
// System V ABI for x86-64 describes it; the note is Xen's (xen/include/public/elfnote.h). The file
// may be anything: what does not hold together is refused.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::vmm::boot {

struct Segment {
  Bytes offset;       ///< In the file.
  Bytes file_size;    ///< What the file gives; it lies within the file.
  GuestPhys start;    ///< Where it belongs.
  Bytes memory_size;  ///< What it covers; zeroes follow what the file gives.

  bool operator==(const Segment&) const = default;
};

struct ElfKernel {
  std::vector<Segment> segments;  ///< Ascending, apart from each other, never empty.
  GuestPhys entry;                ///< Of 64-bit code, within a segment.
  std::optional<GuestPhys> pvh;   ///< Of 32-bit code, by the note XEN_ELFNOTE_PHYS32_ENTRY.

  [[nodiscard]] GuestPhys start() const { return segments.front().start; }
  [[nodiscard]] GuestPhys end() const {
    return GuestPhys(segments.back().start.raw + segments.back().memory_size.count);
  }
};

Result<ElfKernel> read_elf(ByteView file);

}  // namespace ktstr::vmm::boot
