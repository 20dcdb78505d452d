// SPDX-License-Identifier: GPL-2.0-only
// Alternatives of choices as someone might write them, for people who look a word up. Nothing is
// made up: what is shown are the description's own examples and defaults.
#pragma once

#include <optional>

#include "schema/tree.h"

namespace ktstr::schema {

/// The word of an alternative, or its word with the record's example, else with the examples and
/// defaults of its fields; nullopt where something required has no example. Examples stand in it as
/// literals, also where they are lists or maps.
std::optional<Node> example_of(const Type& alternative);

}  // namespace ktstr::schema
