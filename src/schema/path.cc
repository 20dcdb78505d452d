// SPDX-License-Identifier: GPL-2.0-only
#include "schema/path.h"

#include <algorithm>
#include <cctype>

#include "schema/quote.h"

namespace ktstr::schema {

namespace {

bool is_word(std::string_view name) {
  const auto in_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::ranges::all_of(name, in_word);
}

}  // namespace

std::string Path::text() const {
  if (is_root()) return {};
  std::string out = parent_->text();
  if (is_index_) return out + "[" + std::to_string(index_) + "]";
  if (!is_word(name_)) return out + "[" + double_quoted(name_) + "]";
  if (!out.empty()) out += '.';
  return out.append(name_);
}

}  // namespace ktstr::schema
