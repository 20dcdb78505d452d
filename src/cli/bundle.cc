// SPDX-License-Identifier: GPL-2.0-only
#include "cli/bundle.h"

#include <utility>

#include "image/cache.h"

namespace ktstr::cli {

Bundle bundle_of(std::vector<image::Entry> entries) {
  return std::make_shared<const std::vector<image::Entry>>(std::move(entries));
}

std::string guest_name(std::string_view origin) {
  constexpr std::size_t digits = 16;
  return image::content_hash(as_bytes(origin)).substr(0, digits);
}

}  // namespace ktstr::cli
