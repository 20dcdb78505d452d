// SPDX-License-Identifier: GPL-2.0-only
// Reference pages in Markdown: a section for each named type with a table of its fields or words,
// and links between types.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/type.h"

namespace ktstr::schema {

/// What a page shall hold: the types listed and all that they lead to, unless another page lists
/// it or an earlier page has it already.
struct PageSpec {
  std::string_view file;  ///< `work.md`
  std::string_view title;
  std::string_view intro;
  std::vector<const Type*> types;
};

struct Page {
  std::string file;
  std::string text;
};

std::vector<Page> markdown(std::span<const PageSpec> pages);

}  // namespace ktstr::schema
