// SPDX-License-Identifier: GPL-2.0-only
#include "parse/reader.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/overload.h"
#include "parse/expects.h"
#include "parse/expression.h"
#include "parse/later.h"
#include "parse/scalars.h"
#include "schema/path.h"
#include "schema/scalars.h"
#include "schema/tree.h"

namespace ktstr::parse {
namespace {

using doc::Node;
using schema::Path;
using schema::Range;
using schema::Type;

/// Where a value is read to, and how messages call it.
struct Site {
  const Path& path;
  std::string_view name{};  ///< The innermost key; empty for the document.
  bool is_item = false;     ///< Of the list that the key has.
  Range range{};
  Place key{};

  [[nodiscard]] std::string who() const {
    if (name.empty()) return "the document";
    return (is_item ? "each item of `" : "`") + std::string(name) + "`";
  }
  /// The record that a key belongs to: "a cgroup", "`set_cpuset`".
  [[nodiscard]] std::string holder(const Type& type) const {
    if (!name.empty() && !is_item) return "`" + std::string(name) + "`";
    std::string words(type.name);
    std::ranges::replace(words, '_', ' ');
    return (std::string_view("aeiou").find(words[0]) == std::string_view::npos ? "a " : "an ") +
           words;
  }
};

class Reader {
 public:
  Reader(const Tree& tree, ir::SourceMap& map, Diagnostics& diagnostics)
      : tree_(tree), map_(map), diagnostics_(diagnostics) {}

  /// Reads a value that has a place of its own.
  void enter(const Node& node, const Type& type, void* data, const Site& site) {
    map_.set(site.path.text(), tree_.place(node), site.key);
    value(node, type, data, site);
  }

 private:
  void value(const Node& node, const Type& type, void* data, const Site& site) {
    const auto* optional = std::get_if<schema::OptionalShape>(&type.shape);
    if (node.kind == Node::Kind::null) return null(node, optional, data, site);
    std::visit(
        Overload{
            [&](const schema::BooleanShape&) { boolean(node, type, data, site); },
            [&](const schema::NumberShape&) { number(node, type, data, site); },
            [&](const schema::TextShape&) { text(node, type, data, site); },
            [&](const schema::IntegerShape& shape) { integer(node, type, shape, data, site); },
            [&](const schema::ScalarShape& shape) { scalar(node, type, shape, data, site); },
            [&](const schema::DeferredShape& shape) { deferred(node, type, shape, data, site); },
            [&](const schema::EnumerationShape& shape) {
              enumeration(node, type, shape, data, site);
            },
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
        },
        type.shape);
  }

  void add(Code code, Place place, std::string message, std::string hint = {}) {
    diagnostics_.add({code, std::move(place), std::move(message), std::move(hint)});
  }
  void add(Code code, const Node& node, std::string message, std::string hint = {}) {
    add(code, tree_.place(node), std::move(message), std::move(hint));
  }
  void wrong_type(const Node& node, const Type& type, const Site& site, std::string hint = {}) {
    add(code("wrong_type"), node,
        site.who() + " takes " + expectation(type) + ", found " + found(node), std::move(hint));
  }

  /// Only a member that has a value by default can be told to have none.
  void null(const Node& node, const schema::OptionalShape* optional, void* data, const Site& site) {
    if (optional != nullptr && optional->has(data)) return optional->clear(data);
    add(code("wrong_type"), node, site.who() + " has no value",
        "leave it out, or write what it shall be");
  }

  void boolean(const Node& node, const Type& type, void* data, const Site& site) {
    if (node.kind == Node::Kind::boolean) {
      *static_cast<bool*>(data) = node.text == "true" || node.text == "True" || node.text == "TRUE";
      return;
    }
    const bool yes = node.text == "yes" || node.text == "on";
    const bool no = node.text == "no" || node.text == "off";
    wrong_type(node, type, site, yes ? "did you mean `true`?" : no ? "did you mean `false`?" : "");
  }

  void number(const Node& node, const Type& type, void* data, const Site& site) {
    const std::optional<double> read = to_number(node);
    if (!read) return wrong_type(node, type, site);
    if (in_range(*read, node, site, schema::print_number)) *static_cast<double*>(data) = *read;
  }

  void text(const Node& node, const Type& type, void* data, const Site& site) {
    if (node.kind == Node::Kind::text) {
      *static_cast<std::string*>(data) = node.text;
      return;
    }
    wrong_type(node, type, site, node.is_scalar() ? "write \"" + node.text + "\"" : "");
  }

  void integer(const Node& node, const Type& type, const schema::IntegerShape& shape, void* data,
               const Site& site) {
    if (node.kind == Node::Kind::number)
      return add(code("bad_value"), node,
                 site.who() + " takes a whole number, found " + found(node));
    if (node.kind != Node::Kind::integer) return wrong_type(node, type, site);
    const std::optional<double> about = to_number(node);
    if (about && !in_range(*about, node, site, schema::print_number)) return;
    std::optional<std::uint64_t> bits;
    if (shape.is_signed) {
      if (const std::optional<std::int64_t> read = to_integer(node);
          read && fits(*read, shape.bits))
        bits = static_cast<std::uint64_t>(*read);
    } else if (const std::optional<std::uint64_t> read = to_unsigned(node);
               read && (shape.bits == 64 || *read >> shape.bits == 0)) {
      bits = *read;
    }
    if (bits) return shape.set(data, *bits);
    const bool negative = about && *about < 0;
    add(code("out_of_range"), node,
        site.who() + (negative && !shape.is_signed ? " cannot be negative" : " is too large"));
  }

  static bool fits(std::int64_t value, unsigned bits) {
    const std::int64_t sign = value >> (bits - 1);
    return sign == 0 || sign == -1;
  }

  template <class Print>
  bool in_range(double value, const Node& node, const Site& site, const Print& print) {
    const Range& range = site.range;
    if (range.holds(value)) return true;
    const std::string limits = std::isinf(range.high) ? "at least " + print(range.low)
                               : std::isinf(range.low)
                                   ? "at most " + print(range.high)
                                   : "between " + print(range.low) + " and " + print(range.high);
    add(code("out_of_range"), node, site.who() + " must be " + limits + ", found " + found(node));
    return false;
  }

  void scalar(const Node& node, const Type& type, const schema::ScalarShape& shape, void* data,
              const Site& site) {
    const ScalarReader& reader = scalar_reader(type);
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::number) {
      if (const std::string units = with_units(type, node.text); !units.empty())
        return add(code("bad_value"), node, site.who() + " needs a unit",
                   "did you mean " + units + "?");
    }
    if (node.kind != Node::Kind::text) return wrong_type(node, type, site);
    const bool read = with_columns(node, [&](const Place& place, Diagnostics& diagnostics) {
      return reader.read(node.text, place, data, diagnostics);
    });
    if (read && shape.measure != nullptr && reader.bound != nullptr)
      in_range(shape.measure(data), node, site, reader.bound);
  }

  /// Calls a reader of text with the place of its characters. Where the file spells them in
  /// another way (escapes, blocks) its columns mean nothing, and the whole value is marked.
  template <class Read>
  bool with_columns(const Node& node, const Read& read) {
    Place content = content_place(tree_, node);
    if (is_verbatim(content, node.text)) return read(content, diagnostics_);
    Diagnostics inner;
    const bool ok = read(content, inner);
    for (Diagnostic diagnostic : inner.all()) {
      diagnostic.place = tree_.place(node);
      diagnostics_.add(std::move(diagnostic));
    }
    return ok;
  }

  void deferred(const Node& node, const Type& type, const schema::DeferredShape& shape, void* data,
                const Site& site) {
    const Type& literal = shape.literal_type();
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::number)
      return value(node, literal, shape.literal(data), site);
    if (node.kind != Node::Kind::text) return wrong_type(node, type, site);
    std::optional<ir::Expr> expr;
    with_columns(node, [&](const Place& place, Diagnostics& diagnostics) {
      expr = parse_expression(node.text, place, diagnostics);
      return expr.has_value();
    });
    if (!expr) return;
    if (const double* only = std::get_if<double>(&expr->node)) {
      // `50%` or `(4)`: a literal after all.
      Node plain = node;
      plain.text = schema::print_number(*only);
      plain.kind = std::floor(*only) == *only ? Node::Kind::integer : Node::Kind::number;
      return value(plain, literal, shape.literal(data), site);
    }
    *static_cast<ir::Expr*>(shape.expression(data)) = std::move(*expr);
  }

  void enumeration(const Node& node, const Type& type, const schema::EnumerationShape& shape,
                   void* data, const Site& site) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < shape.words.size(); ++i) {
      names.push_back(shape.words[i].name);
      if (node.kind == Node::Kind::text && node.text == names.back()) return shape.set(data, i);
    }
    if (!node.is_scalar()) return wrong_type(node, type, site);
    if (refuse_later(type.name, node.text, tree_.place(node))) return;
    add(code("unknown_word"), node,
        site.who() + " takes " + expectation(type) + ", found " + found(node),
        nearest_word(node.text, names));
  }

  static std::string nearest_word(std::string_view word,
                                  const std::vector<std::string_view>& names) {
    const std::string near = nearest(word, names);
    return near.empty() ? "" : "did you mean `" + near + "`?";
  }

  bool refuse_later(std::string_view context, std::string_view word, const Place& place) {
    const LaterWord* later = find_later(context, word);
    if (later == nullptr) return false;
    add(code("not_yet"), place, "`" + std::string(word) + "` is not part of this build yet",
        "it is for " + std::string(later->feature));
    return true;
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
    wrong_type(node, type, site);
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
        add(code("missing_key"), site.key.source ? site.key : tree_.place(node),
            "`" + std::string(field.name) + "` is missing in " + site.holder(type),
            "it takes " + expectation(field.type()));
  }

  void unknown_key(const doc::Member& member, const Type& type, const schema::RecordShape& shape,
                   const Site& site) {
    const Place place = tree_.key_place(member);
    if (refuse_later(type.name, member.key, place)) return;
    std::vector<std::string_view> names;
    for (const schema::FieldType& field : shape.fields) names.push_back(field.name);
    add(code("unknown_key"), place, "unknown key `" + member.key + "` in " + site.holder(type),
        names.empty() ? site.who() + " has no keys" : suggestion(member.key, names));
  }

  void positions(const Node& node, const Type& type, const schema::RecordShape& shape, void* data,
                 const Site& site) {
    if (node.items.size() != shape.fields.size())
      return add(code("wrong_type"), node,
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
      return wrong_type(node, type, site,
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
    if (node.kind != Node::Kind::map) return wrong_type(node, type, site);
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
    if (node.kind != Node::Kind::map || node.members.empty()) return wrong_type(node, type, site);
    const doc::Member& first = node.members[0];
    if (node.members.size() == 1)
      return by_word(node, first.key, tree_.key_place(first), &first.value, type, shape, data,
                     site);
    std::string keys;
    for (const doc::Member& member : node.members)
      keys += (keys.empty() ? "`" : ", `") + member.key + "`";
    add(code("wrong_type"), tree_.key_place(node.members[1]),
        site.who() + " takes one word or a map with one key, found the keys " + keys,
        first.value.kind == Node::Kind::null ? "indent what belongs to `" + first.key + "` further"
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
        return add(code("missing_key"), node, "`" + std::string(word) + "` needs a value",
                   "it takes " + expectation(alternative));
      void* chosen = shape.emplace(data, i);
      if (inner == nullptr) return;
      const Path path(site.path, names.back());
      return enter(*inner, alternative, chosen, {path, names.back(), false, site.range, place});
    }
    if (refuse_later(type.name, word, place)) return;
    const std::string near = suggestion(word, names);
    add(code("unknown_word"), place, "`" + std::string(word) + "` is no " + std::string(type.name),
        near);
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
    std::string hint = nearest_word(node.text, words);
    if (const bool bare = node.kind == Node::Kind::integer || node.kind == Node::Kind::number; bare)
      if (const std::string units = with_units(type, node.text); !units.empty())
        hint = "did you mean " + units + "?";
    add(node.is_scalar() ? code("bad_value") : code("wrong_type"), node,
        site.who() + " takes " + expectation(type) + ", found " + found(node), std::move(hint));
  }

  const Tree& tree_;
  ir::SourceMap& map_;
  Diagnostics& diagnostics_;
};

}  // namespace

void read(const Tree& tree, schema::Ref into, ir::SourceMap& map, Diagnostics& diagnostics) {
  const Path root;
  Reader(tree, map, diagnostics).enter(tree.root, *into.type, into.data, {root});
}

}  // namespace ktstr::parse
