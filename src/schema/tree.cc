// SPDX-License-Identifier: GPL-2.0-only
#include "schema/tree.h"

#include <algorithm>
#include <cmath>

#include "base/overload.h"
#include "schema/scalars.h"

namespace ktstr::schema {

Node Node::literal(std::string text) {
  Node out;
  out.kind = Kind::literal;
  out.text = std::move(text);
  return out;
}

Node Node::boolean(bool value) {
  return literal(value ? "true" : "false");
}

Node Node::of_text(std::string_view text) {
  Node out;
  out.kind = Kind::text;
  out.text = text;
  return out;
}

Node Node::list(std::vector<Node> items) {
  Node out;
  out.kind = Kind::list;
  out.items = std::move(items);
  return out;
}

Node Node::list() {
  return list(std::vector<Node>());
}

Node Node::map() {
  Node out;
  out.kind = Kind::map;
  return out;
}

Node& Node::add(std::string_view key, Node value) {
  members.push_back({std::string(key), std::move(value)});
  return *this;
}

bool Node::is_empty() const {
  return is_container() && items.empty() && members.empty();
}

const Type& unboxed(const Type& type) {
  const auto* box = std::get_if<BoxShape>(&type.shape);
  return box == nullptr ? type : unboxed(box->value_type());
}

std::string_view word_of(const Type& alternative) {
  return unboxed(alternative).name;
}

bool word_alone_suffices(const Type& alternative) {
  const auto* record = std::get_if<RecordShape>(&unboxed(alternative).shape);
  return record != nullptr && std::ranges::none_of(record->fields, &FieldType::required);
}

bool is_fieldless(const Type& type) {
  const auto* record = std::get_if<RecordShape>(&unboxed(type).shape);
  return record != nullptr && record->fields.empty();
}

namespace {

Node number_node(double value) {
  if (std::isfinite(value)) return Node::literal(print_number(value));
  return Node::literal(std::isnan(value) ? ".nan" : value < 0 ? "-.inf" : ".inf");
}

Node integer_node(const IntegerShape& shape, const void* data) {
  const std::uint64_t bits = shape.get(data);
  return Node::literal(shape.is_signed ? std::to_string(static_cast<std::int64_t>(bits))
                                       : std::to_string(bits));
}

ConstRef field_of(const FieldType& field, const void* record) {
  return {field.type(), field.get(readable(record))};
}

bool is_default(const FieldType& field, const Type& record, const void* data) {
  return field.type().equal(field_of(field, data).data, field_of(field, record.fresh()).data);
}

/// Fields that the map form mentions.
bool is_mentioned(const FieldType& field, const Type& record, const void* data, Defaults defaults) {
  const bool differs = field.required || !is_default(field, record, data);
  if (differs || defaults == Defaults::omitted) return differs;
  const auto* optional = std::get_if<OptionalShape>(&field.type().shape);
  return optional == nullptr || optional->has(field_of(field, data).data);
}

bool first_field_suffices(const RecordShape& shape, const Type& type, const void* data,
                          Defaults defaults) {
  return std::ranges::none_of(shape.fields.subspan(1), [&](const FieldType& field) {
    return defaults == Defaults::written || is_mentioned(field, type, data, defaults);
  });
}

Node record_node(const RecordShape& shape, const Type& type, const void* data, Defaults defaults) {
  if (shape.shorthand == Shorthand::list) {
    Node out = Node::list();
    for (const FieldType& field : shape.fields)
      out.items.push_back(tree_of(field_of(field, data), defaults));
    return out;
  }
  if (shape.shorthand == Shorthand::scalar && first_field_suffices(shape, type, data, defaults)) {
    Node first = tree_of(field_of(shape.fields[0], data), defaults);
    // A map would be read as the record itself, and a null as no value.
    if (first.kind != Node::Kind::map && first.kind != Node::Kind::null) return first;
  }
  Node out = Node::map();
  for (const FieldType& field : shape.fields)
    if (is_mentioned(field, type, data, defaults))
      out.add(field.name, tree_of(field_of(field, data), defaults));
  return out;
}

bool word_alone(const Type& alternative, const void* data, Defaults defaults) {
  if (is_fieldless(alternative)) return true;
  return word_alone_suffices(alternative) && defaults == Defaults::omitted &&
         alternative.equal(data, alternative.fresh());
}

Node choice_node(const ChoiceShape& shape, const void* data, Defaults defaults) {
  const Type& alternative = shape.alternatives[shape.index(data)]();
  const void* value = shape.get(readable(data));
  if (shape.tagging == Tagging::by_shape && !is_fieldless(alternative))
    return tree_of({alternative, value}, defaults);
  if (word_alone(alternative, value, defaults)) return Node::of_text(word_of(alternative));
  Node out = Node::map();
  out.add(word_of(alternative), tree_of({alternative, value}, defaults));
  out.is_choice = true;
  return out;
}

Node deferred_node(const DeferredShape& shape, const void* data, Defaults defaults) {
  if (!shape.resolved(data)) return Node::of_text(shape.print_expression(data));
  return tree_of({shape.literal_type(), shape.literal(readable(data))}, defaults);
}

Node list_node(const ListShape& shape, const void* data, Defaults defaults) {
  Node out = Node::list();
  for (std::size_t i = 0; i < shape.size(data); ++i)
    out.items.push_back(tree_of({shape.item_type(), shape.at(readable(data), i)}, defaults));
  return out;
}

Node dict_node(const DictShape& shape, const void* data, Defaults defaults) {
  Node out = Node::map();
  for (std::size_t i = 0; i < shape.size(data); ++i)
    out.add(shape.key(data, i),
            tree_of({shape.value_type(), shape.at(readable(data), i)}, defaults));
  return out;
}

}  // namespace

Node tree_of(ConstRef value, Defaults defaults) {
  const void* data = value.data;
  return std::visit(
      Overload{
          [&](const BooleanShape&) { return Node::boolean(*static_cast<const bool*>(data)); },
          [&](const NumberShape&) { return number_node(*static_cast<const double*>(data)); },
          [&](const TextShape&) { return Node::of_text(*static_cast<const std::string*>(data)); },
          [&](const IntegerShape& shape) { return integer_node(shape, data); },
          [&](const ScalarShape& shape) { return Node::of_text(shape.print(data)); },
          [&](const DeferredShape& shape) { return deferred_node(shape, data, defaults); },
          [&](const EnumerationShape& shape) {
            return Node::of_text(shape.words[shape.get(data)].name);
          },
          [&](const RecordShape& shape) { return record_node(shape, *value.type, data, defaults); },
          [&](const OptionalShape& shape) {
            if (!shape.has(data)) return Node{};
            return tree_of({shape.value_type(), shape.get(readable(data))}, defaults);
          },
          [&](const ListShape& shape) { return list_node(shape, data, defaults); },
          [&](const DictShape& shape) { return dict_node(shape, data, defaults); },
          [&](const ChoiceShape& shape) { return choice_node(shape, data, defaults); },
          [&](const BoxShape& shape) {
            return tree_of({shape.value_type(), shape.get(readable(data))}, defaults);
          },
      },
      value.type->shape);
}

}  // namespace ktstr::schema
