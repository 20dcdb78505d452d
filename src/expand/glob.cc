// SPDX-License-Identifier: GPL-2.0-only
#include "expand/glob.h"

#include <vector>

namespace ktstr::expand {

bool glob_matches(std::string_view pattern, std::string_view text) {
  // reachable[j]: the pattern so far matches the first j characters. Linear per pattern character,
  // so no pattern can make it slow.
  std::vector<bool> reachable(text.size() + 1);
  reachable[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::vector<bool> next(text.size() + 1);
    const bool star = pattern[i] == '*';
    const bool crosses = star && i + 1 < pattern.size() && pattern[i + 1] == '*';
    if (crosses) ++i;
    for (std::size_t j = 0; j <= text.size(); ++j) {
      if (star) {
        next[j] = reachable[j] || (j > 0 && next[j - 1] && (crosses || text[j - 1] != '/'));
      } else if (j > 0) {
        const bool same = pattern[i] == '?' ? text[j - 1] != '/' : pattern[i] == text[j - 1];
        next[j] = reachable[j - 1] && same;
      }
    }
    reachable = std::move(next);
  }
  return reachable[text.size()];
}

}  // namespace ktstr::expand
