// SPDX-License-Identifier: GPL-2.0-only
#include "parse/expects.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/overload.h"
#include "ir/unit.h"
#include "parse/quantity.h"
#include "parse/scalars.h"
#include "schema/tree.h"

namespace ktstr::parse {
namespace {

using doc::Node;
using namespace schema;  // NOLINT: every shape is named below

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i)
    out += (i == 0 ? "" : i + 1 == items.size() ? " or " : ", ") + items[i];
  return out;
}

std::string words_of(const EnumerationShape& shape) {
  std::vector<std::string> names;
  for (const Word& word : shape.words) names.emplace_back(word.name);
  return alternatives(names);
}

std::string fields_of(const RecordShape& shape, bool in_list) {
  std::string out;
  for (const FieldType& field : shape.fields)
    if (in_list || field.required)
      out += (out.empty() ? "" : ", ") + std::string(field.name) + (in_list ? "" : ": …");
  return out;
}

std::string record_expectation(const Type& type, const RecordShape& shape) {
  if (shape.fields.empty()) return std::string(type.name);
  if (shape.shorthand == Shorthand::scalar) return expectation(shape.fields[0].type());
  if (shape.shorthand == Shorthand::list) return "[" + fields_of(shape, true) + "]";
  const std::string fields = fields_of(shape, false);
  return fields.empty() ? "a map" : "{" + fields + "}";
}

std::string choice_expectation(const ChoiceShape& shape) {
  if (shape.tagging == Tagging::word) return "a word or a map with one key";
  std::vector<std::string> items;
  for (const TypeRef alternative : shape.alternatives) items.push_back(expectation(alternative()));
  return alternatives(items);
}

/// The first of the units with which the number is within the range, `likeliest` before all others;
/// empty where there is none. What is neither a time nor a size has but one unit.
std::string_view allowed_unit(std::string_view likeliest, const std::string& number,
                              const Range& range) {
  const std::span<const ir::Unit> kinds[] = {ir::time_units, ir::size_units};
  const auto* units = std::ranges::find_if(kinds, [&](std::span<const ir::Unit> kind) {
    return std::ranges::find(kind, likeliest, &ir::Unit::name) != kind.end();
  });
  if (units == std::end(kinds)) return likeliest;
  const std::optional<Written> written = take_apart(number);
  if (!written || !written->unit.empty()) return {};
  const auto allowed = [&](const ir::Unit& unit) {
    std::uint64_t value = 0;
    return multiply(*written, unit.size, value) == Trouble::none &&
           range.holds(static_cast<double>(value));
  };
  if (allowed(*std::ranges::find(*units, likeliest, &ir::Unit::name))) return likeliest;
  const auto other = std::ranges::find_if(*units, allowed);
  return other == units->end() ? std::string_view() : other->name;
}

bool is_numeric(const Node& node) {
  return node.kind == Node::Kind::integer || node.kind == Node::Kind::number;
}

bool choice_looks_like(const ChoiceShape& shape, const Node& node) {
  if (shape.tagging == Tagging::word)
    return node.kind == Node::Kind::text || node.kind == Node::Kind::map;
  return std::ranges::any_of(shape.alternatives,
                             [&](TypeRef alternative) { return looks_like(alternative(), node); });
}

}  // namespace

std::string expectation(const Type& type) {
  return std::visit(Overload{
                        [](const BooleanShape&) -> std::string { return "true or false"; },
                        [](const NumberShape&) -> std::string { return "a number"; },
                        [](const TextShape&) -> std::string { return "text"; },
                        [](const IntegerShape&) -> std::string { return "a whole number"; },
                        [&](const ScalarShape&) { return std::string(scalar_reader(type).what); },
                        [](const DeferredShape& shape) {
                          return expectation(shape.literal_type()) + " or an expression";
                        },
                        [](const EnumerationShape& shape) { return words_of(shape); },
                        [&](const RecordShape& shape) { return record_expectation(type, shape); },
                        [](const OptionalShape& shape) { return expectation(shape.value_type()); },
                        [](const ListShape&) -> std::string { return "a list"; },
                        [](const DictShape&) -> std::string { return "a map"; },
                        [](const ChoiceShape& shape) { return choice_expectation(shape); },
                        [](const BoxShape& shape) { return expectation(shape.value_type()); },
                    },
                    type.shape);
}

bool looks_like(const Type& type, const Node& node) {
  const Node::Kind kind = node.kind;
  return std::visit(
      Overload{
          [&](const BooleanShape&) { return kind == Node::Kind::boolean; },
          [&](const NumberShape&) { return is_numeric(node); },
          [&](const TextShape&) { return kind == Node::Kind::text; },
          [&](const IntegerShape&) { return kind == Node::Kind::integer; },
          [&](const ScalarShape&) {
            return kind == Node::Kind::text && scalar_reader(type).looks(node.text);
          },
          [&](const DeferredShape&) { return is_numeric(node) || kind == Node::Kind::text; },
          [&](const EnumerationShape& shape) {
            return kind == Node::Kind::text &&
                   std::ranges::find(shape.words, node.text, &Word::name) != shape.words.end();
          },
          [&](const RecordShape& shape) {
            if (shape.fields.empty()) return kind == Node::Kind::text && node.text == type.name;
            return kind == Node::Kind::map;
          },
          [&](const OptionalShape& shape) { return looks_like(shape.value_type(), node); },
          [&](const ListShape&) { return kind == Node::Kind::list; },
          [&](const DictShape&) { return kind == Node::Kind::map; },
          [&](const ChoiceShape& shape) { return choice_looks_like(shape, node); },
          [&](const BoxShape& shape) { return looks_like(shape.value_type(), node); },
      },
      type.shape);
}

std::string with_units(const Type& type, const std::string& number, const Range& range) {
  if (std::holds_alternative<ScalarShape>(type.shape)) {
    const std::string_view unit = allowed_unit(scalar_reader(type).unit, number, range);
    return unit.empty() ? "" : "`" + number + std::string(unit) + "`";
  }
  const auto* choice = std::get_if<ChoiceShape>(&type.shape);
  if (choice == nullptr || choice->tagging != Tagging::by_shape) return {};
  std::vector<std::string> items;
  for (const TypeRef alternative : choice->alternatives)
    if (std::string item = with_units(alternative(), number, range); !item.empty())
      items.push_back(std::move(item));
  return alternatives(items);
}

std::string known_units(const Type& type) {
  std::vector<std::string> units;
  const auto add = [&](const Type& each) {
    if (std::holds_alternative<ScalarShape>(each.shape))
      for (const std::string_view unit : units_of(scalar_reader(each))) units.emplace_back(unit);
  };
  add(type);
  if (const auto* choice = std::get_if<ChoiceShape>(&type.shape))
    for (const TypeRef alternative : choice->alternatives) add(alternative());
  return units.empty() ? "" : "its unit is " + alternatives(units);
}

std::string found(const Node& node) {
  if (!node.is_scalar() || node.kind == Node::Kind::null) return std::string(name(node.kind));
  std::size_t longest = 40;
  if (node.text.size() > longest) {
    while ((node.text[longest] & '\xC0') == '\x80') --longest;
    return "`" + node.text.substr(0, longest) + "…`";
  }
  return "`" + node.text + "`";
}

}  // namespace ktstr::parse
