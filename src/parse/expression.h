// SPDX-License-Identifier: GPL-2.0-only
// Arithmetic in scenario files: `ceil(cpus / 2) mod llcs`. Whether a name exists is said later, by
// the rules, when all vars are known.
#pragma once

#include <optional>
#include <string_view>

#include "base/diagnostic.h"
#include "ir/expression.h"

namespace ktstr::parse {

inline constexpr std::size_t longest_expression = 1024;
inline constexpr unsigned deepest_expression = 64;

/// Reads a whole text; `place` is the text's own, on one line. A mistake is one E017 at its column.
/// A minus before a number makes a negative number; `50%` is 0.5.
std::optional<ir::Expr> parse_expression(std::string_view text, const Place& place,
                                         Diagnostics& diagnostics);

/// The place of a name within an expression that `parse_expression` has read.
Place place_of_name(std::string_view name, const Place& expression);

}  // namespace ktstr::parse
