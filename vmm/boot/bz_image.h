// SPDX-License-Identifier: GPL-2.0-only
// A bzImage as a loader sees it, by the 64-bit boot protocol of Linux (Documentation/arch/x86/
// boot.rst of the kernel): which part of the file goes where, and the setup header that goes into
// the zero page. The file may be anything: what does not hold together is refused.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::vmm::boot {

/// Where the setup header lies, in the file and in the zero page, and where it must have ended.
inline constexpr std::size_t setup_header_start = 0x1f1;
inline constexpr std::size_t setup_header_limit = 0x290;

struct BzImage {
  static constexpr std::uint64_t entry_offset = 0x200;

  ByteView setup_header;     ///< From setup_header_start, at most to setup_header_limit.
  Bytes offset;              ///< Of the protected-mode part, which reaches to the end of the file.
  Bytes size;                ///< Of that part.
  GuestPhys start;           ///< Where it wants to be loaded.
  Bytes memory_size;         ///< What it needs there until it has unpacked itself; at least `size`.
  GuestPhys initramfs_last;  ///< The last address the initramfs may cover.
  std::uint32_t command_line_limit = 0;  ///< Characters, without the final zero.

  [[nodiscard]] GuestPhys entry() const { return GuestPhys(start.raw + entry_offset); }
  [[nodiscard]] GuestPhys end() const { return GuestPhys(start.raw + memory_size.count); }
};

/// The result refers to `file`.
Result<BzImage> read_bz_image(ByteView file);

}  // namespace ktstr::vmm::boot
