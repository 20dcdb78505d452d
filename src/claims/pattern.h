// SPDX-License-Identifier: GPL-2.0-only
// Regular expressions, in RE2's syntax: linear time whatever the pattern.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktstr::claims {

/// What is wrong with a pattern, as a phrase: malformed, empty, or matching everything.
std::optional<std::string> pattern_flaw(std::string_view pattern);
/// Whether some part of the text matches; never with a flawed pattern.
bool pattern_matches(std::string_view pattern, std::string_view text);
/// A pattern as `expect.matching` writes it, between slashes, without them; nullopt if not so.
std::optional<std::string> between_slashes(std::string_view text);

/// The names of its groups.
std::vector<std::string> group_names(std::string_view pattern);
/// What each named group matched last in the text; none for a pattern with a flaw.
std::map<std::string, std::string> last_groups(std::string_view pattern, std::string_view text);

}  // namespace ktstr::claims
