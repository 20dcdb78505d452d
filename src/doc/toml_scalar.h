// SPDX-License-Identifier: GPL-2.0-only
// The scalars of TOML: four kinds of string, and words (numbers, true, false). Each reads at the
// cursor and returns false after saying what is wrong. Private to this layer.
#pragma once

#include "doc/cursor.h"

namespace ktstr::doc {

bool read_toml_string(Cursor& in, Reading& reading, std::string& out);
/// Sets kind and text.
bool read_toml_word(Cursor& in, Reading& reading, Node& out);

}  // namespace ktstr::doc
