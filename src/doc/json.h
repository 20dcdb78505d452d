// SPDX-License-Identifier: GPL-2.0-only
// RFC 8259 JSON to a tree: strict, without comments or trailing commas.
#pragma once

#include <optional>

#include "doc/reading.h"

namespace ktstr::doc {

/// The one value of a JSON text; nothing after a syntax error or a passed limit.
std::optional<Node> read_json(Reading& reading);

}  // namespace ktstr::doc
