// SPDX-License-Identifier: GPL-2.0-only
#include "schema/example.h"

#include "base/overload.h"
#include "schema/facts.h"

namespace ktstr::schema {
namespace {

/// Null for a field that may as well be left out.
Node example_of_field(const FieldType& field, const Type& record) {
  if (!field.example.empty()) return Node::literal(std::string(field.example));
  return field.required ? example_of(field.type()) : default_of(field, record);
}

Node example_of_record(const RecordShape& shape, const Type& type) {
  if (!shape.example.empty()) return Node::literal(std::string(shape.example));
  Node map = Node::map();
  Node list = Node::list();
  for (const FieldType& field : shape.fields) {
    Node value = example_of_field(field, type);
    list.items.push_back(value);
    if (value.kind != Node::Kind::null) map.add(field.name, std::move(value));
  }
  if (shape.shorthand == Shorthand::list) return list;
  const bool first_alone = shape.shorthand == Shorthand::scalar && map.members.size() == 1 &&
                           map.members[0].key == shape.fields[0].name;
  return first_alone ? map.members[0].value : map;
}

}  // namespace

Node example_of(const Type& type) {
  return std::visit(
      Overload{
          [](const BooleanShape&) { return Node::boolean(true); },
          [](const NumberShape&) { return Node::literal("1"); },
          [](const IntegerShape&) { return Node::literal("1"); },
          [](const TextShape&) { return Node::of_text("a"); },
          [](const ScalarShape& shape) { return Node::of_text(shape.example); },
          [](const DeferredShape& shape) { return example_of(shape.literal_type()); },
          [](const EnumerationShape& shape) { return Node::of_text(shape.words[0].name); },
          [&](const RecordShape& shape) { return example_of_record(shape, type); },
          [](const OptionalShape& shape) { return example_of(shape.value_type()); },
          [](const ListShape& shape) { return Node::list({example_of(shape.item_type())}); },
          [](const DictShape& shape) {
            Node out = Node::map();
            out.add("a", example_of(shape.value_type()));
            return out;
          },
          [](const ChoiceShape& shape) {
            const Type& first = shape.alternatives[0]();
            return shape.tagging == Tagging::word ? example_of_alternative(first)
                                                  : example_of(first);
          },
          [](const BoxShape& shape) { return example_of(shape.value_type()); },
      },
      type.shape);
}

Node example_of_alternative(const Type& alternative) {
  const Node value = example_of(unboxed(alternative));
  if (value.is_empty()) return Node::of_text(word_of(alternative));
  Node out = Node::map();
  out.add(word_of(alternative), value);
  out.is_choice = true;
  return out;
}

}  // namespace ktstr::schema
