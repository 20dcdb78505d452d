// SPDX-License-Identifier: GPL-2.0-only
// A number that two sides compare before they exchange encoded values.
#pragma once

#include <cstdint>

#include "schema/type.h"

namespace ktstr::schema {

/// Changes with whatever changes the encoding of the type or the meaning of its parts: names, the
/// order of fields, shapes, words, alternatives, and so on through all types reached. Texts for
/// people, ranges, defaults and the ways files may write a value do not take part.
std::uint64_t fingerprint(const Type& type);

}  // namespace ktstr::schema
