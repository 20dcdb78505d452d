// SPDX-License-Identifier: GPL-2.0-only
// From a path to KernelFacts: a bzImage, a vmlinux, a build tree, or a directory laid out like an
// entry of the kernel cache. Files that belong together are found beside each other; a
// configuration of another version than the image is not believed.
#pragma once

#include <string>

#include "base/result.h"
#include "image/cache.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

/// Facts of what stands at `path`, under the name of its release. The vmlinux of a lone bzImage is
/// unpacked into `extracted`, once.
Result<ir::KernelFacts> read_kernel(const std::string& path, const image::ContentCache& extracted);

/// The version alone, at once where there is a bzImage.
Result<ir::KernelVersion> read_version(const std::string& path);

}  // namespace ktstr::kernel
