// SPDX-License-Identifier: GPL-2.0-only
#include "schema/facts.h"

#include <cmath>

#include "schema/scalars.h"

namespace ktstr::schema {

const Type& innermost(const Type& type) {
  if (const auto* optional = std::get_if<OptionalShape>(&type.shape))
    return innermost(optional->value_type());
  if (const auto* list = std::get_if<ListShape>(&type.shape)) return innermost(list->item_type());
  if (const auto* box = std::get_if<BoxShape>(&type.shape)) return innermost(box->value_type());
  if (const auto* deferred = std::get_if<DeferredShape>(&type.shape))
    return innermost(deferred->literal_type());
  return type;
}

bool is_number(const Type& type) {
  return std::holds_alternative<IntegerShape>(type.shape) ||
         std::holds_alternative<NumberShape>(type.shape);
}

namespace {

/// The scalar in whose unit a range over the type is understood; null for plain numbers. Of a
/// choice that may be a number or a scalar, it is the number.
const ScalarShape* measured_scalar(const Type& type) {
  const Type& inner = innermost(type);
  const auto* choice = std::get_if<ChoiceShape>(&inner.shape);
  if (choice == nullptr) return std::get_if<ScalarShape>(&inner.shape);
  const ScalarShape* found = nullptr;
  for (const TypeRef alternative : choice->alternatives) {
    if (is_number(innermost(alternative()))) return nullptr;
    if (found == nullptr) found = measured_scalar(alternative());
  }
  return found;
}

}  // namespace

std::string range_text(const Type& type, const Range& range) {
  const ScalarShape* scalar = measured_scalar(type);
  const auto bound = [&](double value) {
    return scalar != nullptr && scalar->print_measure != nullptr ? scalar->print_measure(value)
                                                                 : print_number(value);
  };
  const bool has_low = std::isfinite(range.low), has_high = std::isfinite(range.high);
  if (has_low && has_high) return bound(range.low) + " to " + bound(range.high);
  if (has_low) return "at least " + bound(range.low);
  if (has_high) return "at most " + bound(range.high);
  return {};
}

Node default_of(const FieldType& field, const Type& record) {
  if (field.required) return {};
  Node value = tree_of({field.type(), field.get(readable(record.fresh()))}, Defaults::omitted);
  const bool says_nothing =
      value.is_empty() || (value.kind == Node::Kind::text && value.text.empty());
  return says_nothing ? Node{} : value;
}

}  // namespace ktstr::schema
