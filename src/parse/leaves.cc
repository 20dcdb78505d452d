// SPDX-License-Identifier: GPL-2.0-only
#include "parse/leaves.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/overload.h"
#include "parse/expects.h"
#include "parse/expression.h"
#include "parse/later.h"
#include "parse/scalars.h"
#include "schema/scalars.h"

namespace ktstr::parse {
namespace {

using doc::Node;
using schema::Range;
using schema::Type;

class Leaf {
 public:
  explicit Leaf(const Teller& teller) : teller_(teller) {}

  bool value(const Node& node, const Type& type, void* data, const Site& site) {
    return std::visit(
        Overload{
            [&](const schema::BooleanShape&) { return boolean(node, type, data, site), true; },
            [&](const schema::NumberShape&) { return number(node, type, data, site), true; },
            [&](const schema::TextShape&) { return text(node, type, data, site), true; },
            [&](const schema::IntegerShape& shape) {
              return integer(node, type, shape, data, site), true;
            },
            [&](const schema::ScalarShape& shape) {
              return scalar(node, type, shape, data, site), true;
            },
            [&](const schema::DeferredShape& shape) {
              return deferred(node, type, shape, data, site), true;
            },
            [&](const schema::EnumerationShape& shape) {
              return enumeration(node, type, shape, data, site), true;
            },
            [](const schema::RecordShape&) { return false; },
            [](const schema::OptionalShape&) { return false; },
            [](const schema::ListShape&) { return false; },
            [](const schema::DictShape&) { return false; },
            [](const schema::ChoiceShape&) { return false; },
            [](const schema::BoxShape&) { return false; },
        },
        type.shape);
  }

 private:
  void boolean(const Node& node, const Type& type, void* data, const Site& site) {
    if (node.kind == Node::Kind::boolean) {
      *static_cast<bool*>(data) = node.text == "true" || node.text == "True" || node.text == "TRUE";
      return;
    }
    const bool yes = node.text == "yes" || node.text == "on";
    const bool no = node.text == "no" || node.text == "off";
    teller_.wrong_type(node, type, site,
                       yes  ? "did you mean `true`?"
                       : no ? "did you mean `false`?"
                            : "");
  }

  void number(const Node& node, const Type& type, void* data, const Site& site) {
    const std::optional<double> read = to_number(node);
    if (!read) return teller_.wrong_type(node, type, site);
    if (in_range(*read, node, site, schema::print_number)) *static_cast<double*>(data) = *read;
  }

  void text(const Node& node, const Type& type, void* data, const Site& site) {
    if (node.kind == Node::Kind::text) {
      *static_cast<std::string*>(data) = node.text;
      return;
    }
    teller_.wrong_type(node, type, site, node.is_scalar() ? "write \"" + node.text + "\"" : "");
  }

  void integer(const Node& node, const Type& type, const schema::IntegerShape& shape, void* data,
               const Site& site) {
    if (node.kind == Node::Kind::number)
      return teller_.add(code("bad_value"), node,
                         site.who() + " takes a whole number, found " + found(node));
    if (node.kind != Node::Kind::integer) return teller_.wrong_type(node, type, site);
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
    teller_.add(
        code("out_of_range"), node,
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
    teller_.add(code("out_of_range"), node,
                site.who() + " must be " + limits + ", found " + found(node));
    return false;
  }

  void scalar(const Node& node, const Type& type, const schema::ScalarShape& shape, void* data,
              const Site& site) {
    const ScalarReader& reader = scalar_reader(type);
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::number) {
      if (const std::string units = with_units(type, node.text, site.range); !units.empty())
        return teller_.add(code("bad_value"), node, site.who() + " needs a unit",
                           "did you mean " + units + "?");
    }
    if (node.kind != Node::Kind::text) return teller_.wrong_type(node, type, site);
    const bool read = with_columns(node, [&](const Place& place, Diagnostics& diagnostics) {
      return reader.read(node.text, place, data, diagnostics);
    });
    if (read && shape.measure != nullptr)
      in_range(shape.measure(data), node, site,
               shape.print_measure != nullptr ? shape.print_measure : schema::print_number);
  }

  /// Calls a reader of text with the place of its characters. Where the file spells them in
  /// another way (escapes, blocks) its columns mean nothing, and the whole value is marked.
  template <class Read>
  bool with_columns(const Node& node, const Read& read) {
    Place content = content_place(teller_.tree(), node);
    if (is_verbatim(content, node.text)) return read(content, teller_.diagnostics());
    Diagnostics inner;
    const bool ok = read(content, inner);
    for (Diagnostic diagnostic : inner.all()) {
      diagnostic.place = teller_.tree().place(node);
      teller_.diagnostics().add(std::move(diagnostic));
    }
    return ok;
  }

  void deferred(const Node& node, const Type& type, const schema::DeferredShape& shape, void* data,
                const Site& site) {
    const Type& literal = shape.literal_type();
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::number)
      return void(value(node, literal, shape.literal(data), site));
    if (node.kind != Node::Kind::text) return teller_.wrong_type(node, type, site);
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
      return void(value(plain, literal, shape.literal(data), site));
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
    if (!node.is_scalar()) return teller_.wrong_type(node, type, site);
    if (teller_.refuse_later(type.name, node.text, teller_.tree().place(node))) return;
    teller_.add(code("unknown_word"), node,
                site.who() + " takes " + expectation(type) + ", found " + found(node),
                nearest_hint(node.text, names));
  }

  const Teller& teller_;
};

}  // namespace

std::string Site::who() const {
  if (name.empty()) return "the document";
  return (is_item ? "each item of `" : "`") + std::string(name) + "`";
}

std::string Site::holder(const Type& type) const {
  if (!name.empty() && !is_item) return "`" + std::string(name) + "`";
  std::string words(type.name);
  std::ranges::replace(words, '_', ' ');
  return (std::string_view("aeiou").find(words[0]) == std::string_view::npos ? "a " : "an ") +
         words;
}

void Teller::add(Code code, Place place, std::string message, std::string hint) const {
  diagnostics_.add({code, std::move(place), std::move(message), std::move(hint)});
}

void Teller::add(Code code, const Node& node, std::string message, std::string hint) const {
  add(code, tree_.place(node), std::move(message), std::move(hint));
}

void Teller::wrong_type(const Node& node, const Type& type, const Site& site,
                        std::string hint) const {
  add(code("wrong_type"), node,
      site.who() + " takes " + expectation(type) + ", found " + found(node), std::move(hint));
}

bool Teller::refuse_later(std::string_view context, std::string_view word,
                          const Place& place) const {
  const LaterWord* later = find_later(context, word);
  if (later == nullptr) return false;
  add(code("not_yet"), place, "`" + std::string(word) + "` is not part of this build yet",
      "it is for " + std::string(later->feature));
  return true;
}

std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& names) {
  const std::string near = nearest(word, names);
  return near.empty() ? "" : "did you mean `" + near + "`?";
}

bool read_leaf(const Node& node, const Type& type, void* data, const Site& site,
               const Teller& teller) {
  return Leaf(teller).value(node, type, data, site);
}

}  // namespace ktstr::parse
