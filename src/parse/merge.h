// SPDX-License-Identifier: GPL-2.0-only
// Laying one tree over another, for `include`.
#pragma once

#include <functional>

#include "doc/node.h"
#include "schema/type.h"

namespace ktstr::parse {

/// Called with a value that two trees give differently.
using Conflict = std::function<void(const doc::Node& below, const doc::Node& above)>;

/// Merges `above` into `below`. What both give and what cannot be merged is replaced by `above`'s,
/// after `conflict` has been told, unless both say the same. `type` may be null.
void merge(doc::Node& below, doc::Node above, const schema::Type* type, const Conflict& conflict);

}  // namespace ktstr::parse
