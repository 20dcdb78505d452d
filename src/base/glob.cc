// SPDX-License-Identifier: GPL-2.0-only
#include "base/glob.h"

#include <vector>

namespace ktstr {

bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool glob_matches(std::string_view glob, std::string_view name) {
  // reach[i]: the glob so far matches the first i characters of the name.
  std::vector<bool> reach(name.size() + 1, false);
  reach[0] = true;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (glob[at] == '*') {
      const bool across = glob.substr(at).starts_with("**");
      if (across) ++at;
      for (std::size_t i = 0; i < name.size(); ++i)
        if (reach[i] && (across || name[i] != '/')) reach[i + 1] = true;
    } else {
      for (std::size_t i = name.size(); i > 0; --i)
        reach[i] = reach[i - 1] && (glob[at] == '?' ? name[i - 1] != '/' : name[i - 1] == glob[at]);
      reach[0] = false;
    }
  }
  return reach[name.size()];
}

}  // namespace ktstr
