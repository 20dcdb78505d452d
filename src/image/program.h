// SPDX-License-Identifier: GPL-2.0-only
// A program of this host for the guest, with everything it needs to start.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "image/cpio.h"
#include "image/libraries.h"

namespace ktstr::image {

struct PackedProgram {
  std::string path;  ///< In the guest.
  std::vector<Entry> entries;
};

/// Packs the program at `path` as `directory/NAME` and its libraries into `directory/lib`, which
/// the guest names in LD_LIBRARY_PATH; the dynamic linker goes where the program looks for it.
Result<PackedProgram> pack_program(const std::string& path, const std::string& directory,
                                   const LibraryPaths& paths);

}  // namespace ktstr::image
