// SPDX-License-Identifier: GPL-2.0-only
// An initramfs as a file that a machine can be started with. It is not compressed: under emulation
// unpacking costs more than copying, and on the host it is mapped.
#pragma once

#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "image/cache.h"
#include "image/cpio.h"

namespace ktstr::image {

struct Initramfs {
  Fd file;  ///< Read-only, or a sealed memfd: nobody changes it while a machine reads it.
  Bytes size;
  std::string hash;  ///< Of the content.
};

/// Packs `entries`. With a cache, equal content is one file, whose pages all machines share; a
/// cached file that was tampered with is replaced. Without one, the content is in a sealed memfd.
Result<Initramfs> build_initramfs(std::vector<Entry> entries, const ContentCache* cache);

}  // namespace ktstr::image
