// SPDX-License-Identifier: GPL-2.0-only
// The bzImage container of x86 (Documentation/arch/x86/boot.rst of the kernel): a setup header at
// 0x1f1 and, behind the setup sectors, the packed vmlinux. Nothing in the file is trusted.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::kernel {

inline constexpr Bytes image_limit = 256_MiB;     ///< Of a bzImage.
inline constexpr Bytes vmlinux_limit = 1024_MiB;  ///< Of a vmlinux, debug information included.

bool is_bz_image(ByteView file);

/// The release in the header's version string; empty when it has none.
std::string bz_image_release(ByteView file);

/// The vmlinux inside.
Result<Buffer> extract_vmlinux(ByteView file);

}  // namespace ktstr::kernel
