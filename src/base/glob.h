// SPDX-License-Identifier: GPL-2.0-only
// Globs over names with slashes, as case ids and cgroups have them.
#pragma once

#include <string_view>

namespace ktstr {

/// Whether the text holds a character that only a glob would.
bool is_glob(std::string_view text);
/// `?` is any character but `/`, `*` any number of them, `**` any number of any characters.
bool glob_matches(std::string_view glob, std::string_view name);

}  // namespace ktstr
