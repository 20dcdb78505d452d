// SPDX-License-Identifier: GPL-2.0-only
// Words of the language whose feature this build does not have. A file that uses one is refused by
// name instead of being told that the word does not exist. When a feature is built, its rows go.
#pragma once

#include <span>
#include <string_view>

namespace ktstr::parse {

struct LaterWord {
  std::string_view context;  ///< The name of the described type that would have it.
  std::string_view word;
  std::string_view feature;  ///< What it will do.
};

std::span<const LaterWord> later_words();

/// The row for a word in a context; null if it is not of the language at all.
const LaterWord* find_later(std::string_view context, std::string_view word);

}  // namespace ktstr::parse
