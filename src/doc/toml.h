// SPDX-License-Identifier: GPL-2.0-only
// TOML 1.0 to a tree, without dates and times, infinities and NaN, which no key of a scenario
// takes. SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>

#include "doc/reading.h"

namespace ktstr::doc {

/// The table of a TOML text. A statement with a mistake is reported and left out; nothing is
/// returned after a passed limit.
std::optional<Node> read_toml(Reading& reading);

}  // namespace ktstr::doc
