// SPDX-License-Identifier: GPL-2.0-only
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a time.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ktstr::wire {

/// The sum of `bytes`, continuing from `sum`, the result for the bytes before them.
std::uint32_t crc32c(ByteView bytes, std::uint32_t sum = 0);

}  // namespace ktstr::wire
