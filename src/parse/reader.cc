// SPDX-License-Identifier: GPL-2.0-only
#include "parse/reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/overload.h"
#include "parse/expects.h"
#include "parse/leaves.h"
#include "parse/quantity.h"
#include "schema/path.h"
#include "schema/tree.h"

namespace ktstr::parse {
namespace {

using doc::Node;
using schema::Path;
using schema::Type;

/// What `ktstr list` calls the alternatives of a type; empty where it lists none.
std::string_view list_of(const Type& type) {
  return type.name == "work" ? "work" : type.name == "op" ? "ops" : "";
}

class Reader {
 public:
  Reader(const Tree& tree, ir::SourceMap& map, Diagnostics& diagnostics)
      : tree_(tree), map_(map), teller_(tree, diagnostics) {}

  /// Reads a value that has a place of its own.
  void enter(const Node& node, const Type& type, void* data, const Site& site) {
    map_.set(site.path.text(), tree_.place(node), site.key);
    value(node, type, data, site);
  }
  [[nodiscard]] bool read_all_parts() const { return all_parts_; }

 private:
  void value(const Node& node, const Type& type, void* data, const Site& site) {
    const auto* optional = std::get_if<schema::OptionalShape>(&type.shape);
    if (node.kind == Node::Kind::null) return null(node, optional, data, site);
    std::visit(Overload{
                   [&](const schema::RecordShape& shape) { record(node, type, shape, data, site); },
                   [&](const schema::OptionalShape& shape) {
                     value(node, shape.value_type(), shape.emplace(data), site);
                   },
                   [&](const schema::ListShape& shape) { list(node, type, shape, data, site); },
                   [&](const schema::DictShape& shape) { dict(node, type, shape, data, site); },
                   [&](const schema::ChoiceShape& shape) { choice(node, type, shape, data, site); },
                   [&](const schema::BoxShape& shape) {
                     value(node, shape.value_type(), shape.get(data), site);
                   },
                   [&](const auto&) { CHECK(read_leaf(node, type, data, site, teller_)); },
               },
               type.shape);
  }

  /// Only a member that has a value by default can be told to have none.
  void null(const Node& node, const schema::OptionalShape* optional, void* data, const Site& site) {
    if (optional != nullptr && optional->has(data)) return optional->clear(data);
    teller_.add(code("wrong_type"), node, site.who() + " has no value",
                "leave it out, or write what it shall be");
  }

  void record(const Node& node, const Type& type, const schema::RecordShape& shape, void* data,
              const Site& site) {
    if (node.kind == Node::Kind::map) return fields(node, type, shape, data, site);
    if (shape.shorthand == schema::Shorthand::scalar) {
      const schema::FieldType& first = shape.fields[0];
      const Path path(site.path, first.name);
      return enter(node, first.type(), first.get(data),
                   {path, site.name, site.is_item, first.range, site.key});
    }
    if (shape.shorthand == schema::Shorthand::list && node.kind == Node::Kind::list)
      return positions(node, type, shape, data, site);
    teller_.wrong_type(node, type, site);
  }

  void fields(const Node& node, const Type& type, const schema::RecordShape& shape, void* data,
              const Site& site) {
    for (const doc::Member& member : node.members) {
      const auto field = std::ranges::find(shape.fields, member.key, &schema::FieldType::name);
      if (field == shape.fields.end()) {
        unknown_key(member, type, shape, site);
        continue;
      }
      const Path path(site.path, field->name);
      enter(member.value, field->type(), field->get(data),
            {path, field->name, false, field->range, tree_.key_place(member)});
    }
    for (const schema::FieldType& field : shape.fields)
      if (field.required && node.find(field.name) == nullptr)
        teller_.add(code("missing_key"), site.key.source ? site.key : tree_.place(node),
                    "`" + std::string(field.name) + "` is missing in " + site.holder(type),
                    "it takes " + expectation(field.type()));
  }

  void unknown_key(const doc::Member& member, const Type& type, const schema::RecordShape& shape,
                   const Site& site) {
    const Place place = tree_.key_place(member);
    const doc::Node& value = member.value;
    if (value.kind == Node::Kind::map || value.kind == Node::Kind::list) all_parts_ = false;
    if (teller_.refuse_later(type.name, member.key, place)) return;
    std::vector<std::string_view> names;
    for (const schema::FieldType& field : shape.fields) names.push_back(field.name);
    teller_.add(code("unknown_key"), place,
                "unknown key `" + member.key + "` in " + site.holder(type),
                names.empty() ? site.who() + " has no keys" : suggestion(member.key, names));
  }

  void positions(const Node& node, const Type& type, const schema::RecordShape& shape, void* data,
                 const Site& site) {
    if (node.items.size() != shape.fields.size())
      return teller_.add(code("wrong_type"), node,
                         site.who() + " takes " + expectation(type) + ", found " +
                             std::to_string(node.items.size()) +
                             (node.items.size() == 1 ? " value" : " values"));
    for (std::size_t i = 0; i < shape.fields.size(); ++i) {
      const schema::FieldType& field = shape.fields[i];
      const Path path(site.path, field.name);
      enter(node.items[i], field.type(), field.get(data), {path, field.name, false, field.range});
    }
  }

  void list(const Node& node, const Type& type, const schema::ListShape& shape, void* data,
            const Site& site) {
    if (node.kind != Node::Kind::list)
      return teller_.wrong_type(node, type, site,
                                node.kind == Node::Kind::text ? "write [" + node.text + "]" : "");
    shape.clear(data);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Path path(site.path, i);
      enter(node.items[i], shape.item_type(), shape.append(data),
            {path, site.name, true, site.range});
    }
  }

  void dict(const Node& node, const Type& type, const schema::DictShape& shape, void* data,
            const Site& site) {
    if (node.kind != Node::Kind::map) return teller_.wrong_type(node, type, site);
    shape.clear(data);
    for (const doc::Member& member : node.members) {
      const Path path(site.path, member.key);
      enter(member.value, shape.value_type(), shape.insert(data, member.key),
            {path, member.key, false, site.range, tree_.key_place(member)});
    }
  }

  void choice(const Node& node, const Type& type, const schema::ChoiceShape& shape, void* data,
              const Site& site) {
    if (shape.tagging == schema::Tagging::by_shape) return by_shape(node, type, shape, data, site);
    if (node.kind == Node::Kind::text)
      return by_word(node, node.text, tree_.place(node), nullptr, type, shape, data, site);
    if (node.kind != Node::Kind::map || node.members.empty())
      return teller_.wrong_type(node, type, site);
    const doc::Member& first = node.members[0];
    if (node.members.size() == 1)
      return by_word(node, first.key, tree_.key_place(first), &first.value, type, shape, data,
                     site);
    std::string keys;
    for (const doc::Member& member : node.members)
      keys += (keys.empty() ? "`" : ", `") + member.key + "`";
    teller_.add(code("wrong_type"), tree_.key_place(node.members[1]),
                site.who() + " takes one word or a map with one key, found the keys " + keys,
                first.value.kind == Node::Kind::null
                    ? "indent what belongs to `" + first.key + "` further"
                    : "");
  }

  void by_word(const Node& node, std::string_view word, const Place& place, const Node* inner,
               const Type& type, const schema::ChoiceShape& shape, void* data, const Site& site) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < shape.alternatives.size(); ++i) {
      const Type& alternative = shape.alternatives[i]();
      names.push_back(schema::word_of(alternative));
      if (names.back() != word) continue;
      if (inner == nullptr && !schema::word_alone_suffices(alternative))
        return teller_.add(code("missing_key"), node, "`" + std::string(word) + "` needs a value",
                           "it takes " + expectation(alternative));
      void* chosen = shape.emplace(data, i);
      if (inner == nullptr) return;
      const Path path(site.path, names.back());
      return enter(*inner, alternative, chosen, {path, names.back(), false, site.range, place});
    }
    if (teller_.refuse_later(type.name, word, place)) return;
    teller_.add(code("unknown_word"), place,
                "`" + std::string(word) + "` is no " + std::string(type.name),
                suggestion(word, names, list_of(type)));
  }

  void by_shape(const Node& node, const Type& type, const schema::ChoiceShape& shape, void* data,
                const Site& site) {
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < shape.alternatives.size(); ++i) {
      const Type& alternative = shape.alternatives[i]();
      if (looks_like(alternative, node)) {
        void* chosen = shape.emplace(data, i);
        if (schema::is_fieldless(alternative)) return;  // Its word says it all.
        return value(node, alternative, chosen, site);
      }
      if (const auto* listed = std::get_if<schema::EnumerationShape>(&alternative.shape))
        for (const schema::Word& word : listed->words) words.push_back(word.name);
    }
    std::string hint = nearest_hint(node.text, words);
    if (const bool bare = node.kind == Node::Kind::integer || node.kind == Node::Kind::number; bare)
      if (const std::string units = with_units(type, node.text, site.range); !units.empty())
        hint = "did you mean " + units + "?";
    if (hint.empty() && node.kind == Node::Kind::text && take_apart(node.text))
      hint = known_units(type);
    teller_.add(node.is_scalar() ? code("bad_value") : code("wrong_type"), node,
                site.who() + " takes " + expectation(type) + ", found " + found(node),
                std::move(hint));
  }

  bool all_parts_ = true;
  const Tree& tree_;
  ir::SourceMap& map_;
  Teller teller_;
};

}  // namespace

bool read(const Tree& tree, schema::Ref into, ir::SourceMap& map, Diagnostics& diagnostics) {
  const Path root;
  Reader reader(tree, map, diagnostics);
  reader.enter(tree.root, *into.type, into.data, {root});
  return reader.read_all_parts();
}

}  // namespace ktstr::parse
