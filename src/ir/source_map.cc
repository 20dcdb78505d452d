// SPDX-License-Identifier: GPL-2.0-only
#include "ir/source_map.h"

namespace ktstr::ir {

const SourceMap::Entry* SourceMap::nearest(std::string_view path) const {
  while (true) {
    if (const auto found = places_.find(path); found != places_.end()) return &found->second;
    if (path.empty()) return nullptr;
    const std::size_t cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
  }
}

Place SourceMap::find(std::string_view path) const {
  const Entry* entry = nearest(path);
  return entry == nullptr ? Place{} : entry->value;
}

Place SourceMap::find_key(std::string_view path) const {
  const Entry* entry = nearest(path);
  if (entry == nullptr) return {};
  return entry->key.source ? entry->key : entry->value;
}

}  // namespace ktstr::ir
