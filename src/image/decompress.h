// SPDX-License-Identifier: GPL-2.0-only
// Decompression of what kernels and their modules come in. The format is recognised by its first
// bytes, and output never grows beyond the caller's limit, whatever the input claims.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::image {

/// `lz4` is the frame format, `lz4_legacy` the one that kernels are packed with.
enum class Compression { none, zstd, xz, gzip, lz4, lz4_legacy };

/// `none` also stands for formats that are not known here.
Compression detect_compression(ByteView bytes);

/// Unpacks the first stream of `bytes`; what follows it is ignored, except for `lz4_legacy`, which
/// has no end mark. Fails on unknown formats, damage, truncation and more than `limit` bytes.
Result<Buffer> decompress(ByteView bytes, Bytes limit);

}  // namespace ktstr::image
