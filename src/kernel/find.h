// SPDX-License-Identifier: GPL-2.0-only
// The kernel cache: one directory per kernel,
// KERNELS/NAME/{bzImage,vmlinux,config,modules/,origin}, and KERNELS/stock, a link to the one that
// `fetch` brought last. Of a kernel built here NAME is a link to such a directory (kernel/build.h).
// Entries appear and are replaced by rename, so a reader never sees half of one.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ir/kernel_facts.h"

namespace ktstr::kernel {

/// Where kernels are cached unless told otherwise.
Result<std::string> default_kernels();

struct Listing {
  std::vector<ir::KernelFacts> kernels;  ///< Newest version first.
  std::vector<Error> broken;             ///< One per entry that cannot be read.
};

/// Everything cached below `kernels`, which need not exist.
Result<Listing> list_kernels(const std::string& kernels);

/// The kernel called `spec`: a cached name, `stock`, or a path (anything with a slash, or a file
/// here). The error names what is cached and the nearest name.
Result<ir::KernelFacts> find_kernel(const std::string& kernels, const std::string& spec);

/// Whether `spec` is the name of a cached kernel rather than a path.
bool is_cached(const std::string& kernels, const std::string& spec);

/// The newest cached kernel that has sched_ext; without one, the newest.
Result<ir::KernelFacts> default_kernel(const std::string& kernels);

}  // namespace ktstr::kernel
