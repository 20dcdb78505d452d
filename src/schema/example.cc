// SPDX-License-Identifier: GPL-2.0-only
#include "schema/example.h"

#include "schema/facts.h"

namespace ktstr::schema {
namespace {

std::optional<Node> example_of_record(const RecordShape& shape, const Type& type) {
  if (!shape.example.empty()) return Node::literal(std::string(shape.example));
  Node map = Node::map();
  Node list = Node::list();
  for (const FieldType& field : shape.fields) {
    if (field.required && field.example.empty()) return std::nullopt;
    Node value =
        field.example.empty() ? default_of(field, type) : Node::literal(std::string(field.example));
    list.items.push_back(value);
    if (value.kind != Node::Kind::null) map.add(field.name, std::move(value));
  }
  return shape.shorthand == Shorthand::list ? list : map;
}

}  // namespace

std::optional<Node> example_of(const Type& alternative) {
  const Type& type = unboxed(alternative);
  const auto* record = std::get_if<RecordShape>(&type.shape);
  std::optional<Node> value = record ? example_of_record(*record, type) : std::nullopt;
  if (!value) return std::nullopt;
  if (value->is_empty()) return Node::of_text(word_of(type));
  Node out = Node::map();
  out.add(word_of(type), *std::move(value));
  out.is_choice = true;
  return out;
}

}  // namespace ktstr::schema
