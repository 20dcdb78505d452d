// SPDX-License-Identifier: GPL-2.0-only
// The guest's init, part of this binary so that nothing has to be found at run time.
#pragma once

#include "base/bytes.h"

namespace ktstr::cli {

/// Empty in builds that cannot make it: those with sanitizers, which do not link statically.
ByteView guest_init();

}  // namespace ktstr::cli
