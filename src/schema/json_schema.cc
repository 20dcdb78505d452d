// SPDX-License-Identifier: GPL-2.0-only
#include "schema/json_schema.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "base/overload.h"
#include "schema/facts.h"
#include "schema/print.h"
#include "schema/scalars.h"

namespace ktstr::schema {

namespace {

Node typed(std::string_view name) {
  Node out = Node::map();
  out.add("type", Node::of_text(name));
  return out;
}

Node any_of(std::vector<Node> alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives[0]);
  Node out = Node::map();
  out.add("anyOf", Node::list(std::move(alternatives)));
  return out;
}

Node closed_object(Node properties) {
  Node out = typed("object");
  out.add("properties", std::move(properties)).add("additionalProperties", Node::boolean(false));
  return out;
}

void add_description(Node& out, std::string_view text) {
  if (!text.empty()) out.add("description", Node::of_text(text));
}

void add_bounds(Node& out, const Range& range) {
  if (std::isfinite(range.low)) out.add("minimum", Node::literal(print_number(range.low)));
  if (std::isfinite(range.high)) out.add("maximum", Node::literal(print_number(range.high)));
}

/// Words of an enum or choice, each with what editors show beside it.
Node word_list(const std::vector<Word>& words) {
  Node out = typed("string");
  Node names = Node::list(), texts = Node::list();
  bool has_text = false;
  for (const Word& word : words) {
    names.items.push_back(Node::of_text(word.name));
    texts.items.push_back(Node::of_text(word.doc));
    has_text = has_text || !word.doc.empty();
  }
  out.add("enum", std::move(names));
  if (has_text) out.add("enumDescriptions", std::move(texts));
  return out;
}

void append_sentence(std::string& text, const std::string& sentence) {
  if (!text.empty()) text += ' ';
  text += sentence;
}

void append_members(Node& out, Node from) {
  std::ranges::move(from.members, std::back_inserter(out.members));
}

/// A field's example as JSON, when it is one: a number or a text, but no flow collection.
std::optional<Node> example_node(std::string_view text, const Type& type) {
  if (text.starts_with('{') || text.starts_with('[') || text.find(": ") != text.npos) return {};
  const Type& inner = innermost(type);
  static const std::regex number("-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
  if (is_number(inner) && std::regex_match(text.begin(), text.end(), number))
    return Node::literal(std::string(text));
  if (std::holds_alternative<BooleanShape>(inner.shape)) return Node::literal(std::string(text));
  return Node::of_text(text);
}

class SchemaWriter {
 public:
  SchemaWriter(const Type& root, const Type* beside) : root_(root), beside_(beside) {}

  Node document(std::string_view title) {
    Node out = Node::map();
    out.add("$schema", Node::of_text("http://json-schema.org/draft-07/schema#"));
    out.add("title", Node::of_text(title));
    Node all = Node::list({of(root_, {})});
    out.add("allOf", std::move(all)).add("definitions", std::move(definitions_));
    return out;
  }

 private:
  /// The schema in place, which for a named type refers to its definition.
  Node of(const Type& type, const Range& range) {
    return std::visit(
        Overload{
            [&](const BooleanShape&) { return typed("boolean"); },
            [&](const TextShape&) { return typed("string"); },
            [&](const NumberShape&) {
              Node out = typed("number");
              add_bounds(out, range);
              return out;
            },
            [&](const IntegerShape& shape) { return integer(shape, range); },
            [&](const ScalarShape& shape) { return named(type, [&] { return scalar(shape); }); },
            [&](const EnumerationShape& shape) {
              return named(type, [&] {
                return word_list({shape.words.begin(), shape.words.end()});
              });
            },
            [&](const RecordShape& shape) {
              return named(type, [&] { return record(type, shape); });
            },
            [&](const ChoiceShape& shape) { return named(type, [&] { return choice(shape); }); },
            [&](const DeferredShape& shape) { return deferred(shape, range); },
            [&](const OptionalShape& shape) { return of(shape.value_type(), range); },
            [&](const BoxShape& shape) { return of(shape.value_type(), range); },
            [&](const ListShape& shape) {
              Node out = typed("array");
              out.add("items", item(shape.item_type(), range));
              return out;
            },
            [&](const DictShape& shape) {
              Node out = typed("object");
              out.add("additionalProperties", item(shape.value_type(), range));
              return out;
            },
        },
        type.shape);
  }

  /// Within lists and maps an absent optional is a null.
  Node item(const Type& type, const Range& range) {
    if (!std::holds_alternative<OptionalShape>(type.shape)) return of(type, range);
    return any_of({of(type, range), typed("null")});
  }

  static Node integer(const IntegerShape& shape, Range range) {
    if (!shape.is_signed && range.low < 0) range.low = 0;
    Node out = typed("integer");
    add_bounds(out, range);
    return out;
  }

  Node deferred(const DeferredShape& shape, const Range& range) {
    Node expression = typed("string");
    add_description(expression, "An expression, resolved for each case.");
    return any_of({of(shape.literal_type(), range), std::move(expression)});
  }

  /// A reference to the type's definition, which is made on the first; in place without a name.
  Node named(const Type& type, const std::function<Node()>& write) {
    if (type.name.empty()) return write();
    const auto [known, is_new] = names_.try_emplace(&type);
    if (is_new) {
      known->second = unused_name(type.name);
      const std::size_t slot = definitions_.members.size();
      definitions_.add(known->second, {});  // Holds the place while what it refers to is written.
      Node definition = Node::map();
      add_description(definition, type.doc);
      append_members(definition, write());
      definitions_.members[slot].value = std::move(definition);
    }
    Node out = Node::map();
    out.add("$ref", Node::of_text("#/definitions/" + names_[&type]));
    return out;
  }

  std::string unused_name(std::string_view name) {
    std::string out(name);
    for (unsigned n = 2; !taken_.insert(out).second; ++n)
      out = std::string(name) + "_" + std::to_string(n);
    return out;
  }

  static Node scalar(const ScalarShape& shape) {
    Node out = Node::map();
    // A text that looks like a number is read as one, so an editor must let it pass.
    const std::regex pattern{std::string(shape.pattern)};
    const bool has_pattern = !shape.pattern.empty();
    const bool takes_integers = has_pattern && std::regex_search("1", pattern);
    const bool takes_numbers = has_pattern && std::regex_search("1.5", pattern);
    if (takes_integers || takes_numbers)
      out.add("type", Node::list({Node::of_text("string"),
                                  Node::of_text(takes_numbers ? "number" : "integer")}));
    else
      out.add("type", Node::of_text("string"));
    if (has_pattern) out.add("pattern", Node::of_text(shape.pattern));
    if (!shape.example.empty()) out.add("examples", Node::list({Node::of_text(shape.example)}));
    return out;
  }

  Node field(const FieldType& field, const Type& record) {
    const Type& type = field.type();
    std::string text(field.doc);
    const bool has_bounds_itself = is_number(innermost(type));
    if (const std::string range = range_text(type, field.range);
        !has_bounds_itself && !range.empty())
      append_sentence(text, "Range: " + range + ".");
    const std::optional<Node> example = example_node(field.example, type);
    if (!example) append_sentence(text, "Example: " + std::string(field.example));

    Node value = of(type, field.range);
    if (null_means_absent(field, record)) value = any_of({std::move(value), typed("null")});
    Node out = Node::map();
    add_description(out, text);
    if (Node fallback = default_of(field, record); fallback.kind != Node::Kind::null)
      out.add("default", std::move(fallback));
    if (example && !field.example.empty()) out.add("examples", Node::list({*example}));
    const bool alone = out.members.empty();
    // Draft-07 ignores whatever stands beside a $ref.
    if (!alone && value.members[0].key == "$ref") {
      Node wrapped = Node::map();
      wrapped.add("allOf", Node::list({std::move(value)}));
      value = std::move(wrapped);
    }
    append_members(out, std::move(value));
    return out;
  }

  static bool null_means_absent(const FieldType& field, const Type& record) {
    const auto* optional = std::get_if<OptionalShape>(&field.type().shape);
    return optional != nullptr && optional->has(field.get(readable(record.fresh())));
  }

  Node record(const Type& type, const RecordShape& shape) {
    Node properties = Node::map(), needed = Node::list();
    if (&type == &root_ && beside_ != nullptr)
      for (const FieldType& each : std::get<RecordShape>(beside_->shape).fields)
        properties.add(each.name, field(each, *beside_));
    for (const FieldType& each : shape.fields) {
      properties.add(each.name, field(each, type));
      if (each.required) needed.items.push_back(Node::of_text(each.name));
    }
    Node object = closed_object(std::move(properties));
    if (!needed.items.empty()) object.add("required", std::move(needed));
    switch (shape.shorthand) {
      case Shorthand::none:
        return object;
      case Shorthand::scalar:
        if (std::ranges::any_of(shape.fields.subspan(1), &FieldType::required)) return object;
        return any_of({of(shape.fields[0].type(), shape.fields[0].range), std::move(object)});
      case Shorthand::list:
        return any_of({tuple(shape), std::move(object)});
    }
    return object;
  }

  Node tuple(const RecordShape& shape) {
    Node items = Node::list();
    for (const FieldType& each : shape.fields) items.items.push_back(item(each.type(), each.range));
    const std::string count = std::to_string(shape.fields.size());
    Node out = typed("array");
    out.add("items", std::move(items));
    out.add("minItems", Node::literal(count)).add("maxItems", Node::literal(count));
    return out;
  }

  /// The schema of an alternative that is told by its shape.
  Node form_of(const Type& type) {
    return is_fieldless(type) ? word_list({{type.name, type.doc}}) : of(type, {});
  }

  Node choice(const ChoiceShape& shape) {
    std::vector<Node> forms;
    if (shape.tagging == Tagging::by_shape) {
      for (const TypeRef alternative : shape.alternatives)
        forms.push_back(form_of(unboxed(alternative())));
      return any_of(std::move(forms));
    }
    std::vector<Word> words;
    Node properties = Node::map();
    for (const TypeRef alternative : shape.alternatives) {
      const Type& type = unboxed(alternative());
      if (word_alone_suffices(type)) words.push_back({type.name, type.doc});
      properties.add(type.name, of(type, {}));
    }
    if (!words.empty()) forms.push_back(word_list(words));
    Node tagged = closed_object(std::move(properties));
    tagged.add("minProperties", Node::literal("1")).add("maxProperties", Node::literal("1"));
    forms.push_back(std::move(tagged));
    return any_of(std::move(forms));
  }

  const Type& root_;
  const Type* const beside_;
  Node definitions_ = Node::map();
  std::map<const Type*, std::string> names_;
  std::set<std::string> taken_;
};

}  // namespace

std::string json_schema(const Type& root, std::string_view title, const Type* beside) {
  return to_json(SchemaWriter(root, beside).document(title), 2) + "\n";
}

}  // namespace ktstr::schema
