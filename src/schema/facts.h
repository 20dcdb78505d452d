// SPDX-License-Identifier: GPL-2.0-only
// What the JSON Schema and the reference pages both say of a field.
#pragma once

#include <string>

#include "schema/tree.h"
#include "schema/type.h"

namespace ktstr::schema {

/// What stands behind optionals, lists, boxes and deferral.
const Type& innermost(const Type& type);
/// An integer or a double.
bool is_number(const Type& type);
/// `1us to 60s`, `at least 1`, `at most 10`, in the unit of the type; empty without bounds.
std::string range_text(const Type& type, const Range& range);
/// What a field is when it is not written; null where that is nothing: required or empty.
Node default_of(const FieldType& field, const Type& record);

}  // namespace ktstr::schema
