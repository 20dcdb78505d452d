// SPDX-License-Identifier: GPL-2.0-only
// From the text of a claim to its tree, by recursive descent over the grammar of SCENARIOS.md.
#pragma once

#include <optional>
#include <string_view>

#include "base/diagnostic.h"
#include "ir/claim.h"

namespace ktstr::parse {

inline constexpr std::size_t longest_claim = 4096;  ///< Bytes.
inline constexpr int deepest_claim = 64;            ///< Levels of the tree.

/// The claim `text` that stands at `place`, or nullopt and a diagnostic (E030, or E031 for a
/// function that does not exist) at the column of the mistake. Names are not looked up.
std::optional<ir::Claim> parse_claim(std::string_view text, const Place& place,
                                     Diagnostics& diagnostics);

}  // namespace ktstr::parse
