// SPDX-License-Identifier: GPL-2.0-only
// What a type takes, in words for messages: "a share such as 50%, a time such as 2s, or
// {every: …, for: …}"; and whether a node looks as if it were meant to be one.
#pragma once

#include <string>

#include "doc/node.h"
#include "schema/type.h"

namespace ktstr::parse {

std::string expectation(const schema::Type& type);

/// Whether the node has the look of the type. What looks so may still be wrong inside.
bool looks_like(const schema::Type& type, const doc::Node& node);

/// The units a bare number may lack, within the range: "`50%` or `50ms`"; empty where there are
/// none.
std::string with_units(const schema::Type& type, const std::string& number,
                       const schema::Range& range);

/// "its unit is B, kB or MB" where the type takes numbers with one; empty where it does not.
std::string known_units(const schema::Type& type);

/// What was found, for messages: "`abc`", "a list".
std::string found(const doc::Node& node);

}  // namespace ktstr::parse
