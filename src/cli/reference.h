// SPDX-License-Identifier: GPL-2.0-only
// The texts derived from the vocabulary that are checked in: docs/reference/ and schemas/.
#pragma once

#include <string>
#include <vector>

namespace ktstr::cli {

struct DerivedText {
  std::string path;  ///< From the top of the source tree.
  std::string text;
};

std::vector<DerivedText> derived_texts();

}  // namespace ktstr::cli
