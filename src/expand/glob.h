// SPDX-License-Identifier: GPL-2.0-only
// Patterns over case ids: `*` and `?` stay within a part between slashes, `**` crosses them.
#pragma once

#include <string_view>

namespace ktstr::expand {

bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace ktstr::expand
