// SPDX-License-Identifier: GPL-2.0-only
// The scalars of the vocabulary that have a grammar of their own, read from text: durations, sizes,
// shares, CPU lists, topology shapes, claims. One explicit table; a scalar that is missing from it
// is found by the first file that uses it, and by a test over the whole vocabulary.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "schema/type.h"

namespace ktstr::parse {

struct ScalarReader {
  schema::TypeRef type;
  std::string_view what;  ///< For messages: `a time such as 2s`.
  std::string_view unit;  ///< What a bare number most likely lacks; empty where none helps.
  bool (*looks)(std::string_view text);  ///< Whether the text is meant to be one, right or wrong.
  /// Says what is wrong, or fills `out`.
  bool (*read)(std::string_view text, const Place& place, void* out, Diagnostics& diagnostics);
};

const ScalarReader& scalar_reader(const schema::Type& type);

/// The units that may follow a number of the scalar; none where it takes no number.
std::vector<std::string_view> units_of(const ScalarReader& reader);

}  // namespace ktstr::parse
