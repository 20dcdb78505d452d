// SPDX-License-Identifier: GPL-2.0-only
// Values as someone might write them, for people who look a word up: what the description gives as
// an example, else the defaults, else what a type's name suggests.
#pragma once

#include "schema/tree.h"

namespace ktstr::schema {

/// Text that a description gives as an example stands in it as a literal, also where it is a whole
/// list or map.
Node example_of(const Type& type);

/// An alternative of a choice as a file tells it: its word, or its word with an example of it.
Node example_of_alternative(const Type& alternative);

}  // namespace ktstr::schema
