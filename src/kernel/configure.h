// SPDX-License-Identifier: GPL-2.0-only
// From fragments to the configuration of a kernel that ktstr can run.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/fragment.h"
#include "kernel/make.h"

namespace ktstr::kernel {

/// The fragments of kconfig/ and, over them, the user's in the file `extra`, unless that is empty.
Result<std::vector<Wish>> gather_wishes(const std::string& extra);

/// Configures `make.objects`: `wishes` on tinyconfig, the rest off where that can be chosen. Fails
/// when the kernel dropped one that is not optional, or lacks what every run needs; `dropped` is
/// told of each, why it was wanted and why it is likely gone, a line each.
Status configure(const Make& make, std::span<const Wish> wishes,
                 const std::function<void(std::span<const std::string>)>& dropped);

}  // namespace ktstr::kernel
