// SPDX-License-Identifier: GPL-2.0-only
// `extends`: one scenario's tree over that of another, by the rules of `include`. Only the name is
// not handed down.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "parse/tree.h"
#include "schema/type.h"

namespace ktstr::parse {

/// A document of a file on its way to a scenario: its includes are merged.
struct Draft {
  Tree tree;
  Diagnostics diagnostics;
};

/// Lays each of a file's documents over the one that it extends, and takes the key away.
void resolve_extends(std::vector<Draft>& drafts, const schema::Type& type);

}  // namespace ktstr::parse
