// SPDX-License-Identifier: GPL-2.0-only
// JSON Schema (draft-07) of a type, for editors and for programs that write scenarios. It accepts
// every form a file may use: words, shorthands, expressions. What a grammar of its own decides is
// given as a pattern; relations between fields are not expressed.
#pragma once

#include <string>
#include <string_view>

#include "schema/type.h"

namespace ktstr::schema {

/// The schema document, ending in a newline. Named types become definitions. The fields of the
/// record `beside` may stand in the root as well: what a reader takes out before it reads the root.
std::string json_schema(const Type& root, std::string_view title, const Type* beside = nullptr);

}  // namespace ktstr::schema
