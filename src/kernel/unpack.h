// SPDX-License-Identifier: GPL-2.0-only
// From the .deb files of one kernel to an entry of the kernel cache.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace ktstr::kernel {

/// Fills the empty directory `entry` with bzImage, vmlinux, config and modules/ of `release`, with
/// `scratch`, an empty directory of the same file system, to work in. Every module stays: they are
/// small beside the vmlinux, and which ones a run needs is decided later.
Status unpack_kernel(const std::vector<std::string>& packages, const std::string& release,
                     const std::string& scratch, const std::string& entry);

}  // namespace ktstr::kernel
