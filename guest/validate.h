// SPDX-License-Identifier: GPL-2.0-only
// What can be wrong with a program before anything is done.
#pragma once

#include "base/result.h"
#include "ir/case.h"

namespace ktstr::guest {

/// Fails with one sentence that names the place, unless the program is in expand's normal form and
/// within what a guest can do.
Status validate(const ir::Program& program);

}  // namespace ktstr::guest
