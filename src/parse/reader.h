// SPDX-License-Identifier: GPL-2.0-only
// From a document's tree to any described value, by the value's description alone: keys, words,
// units, ranges, shorthands. Says every mistake it meets and goes on with the next part.
#pragma once

#include "base/diagnostic.h"
#include "ir/source_map.h"
#include "parse/tree.h"
#include "schema/type.h"

namespace ktstr::parse {

/// Fills `into`, which must be fresh, and notes the place of every value and key. Parts with
/// mistakes stay as they were. False where a key that is not known holds more than a plain value:
/// names may be declared in there.
bool read(const Tree& tree, schema::Ref into, ir::SourceMap& map, Diagnostics& diagnostics);

}  // namespace ktstr::parse
