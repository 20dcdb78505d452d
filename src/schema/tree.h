// SPDX-License-Identifier: GPL-2.0-only
// A value as a file would hold it, whatever the file's format: scalars, lists and maps in the order
// of the schema, choices by word, records in their shorthand. Printers lay this tree out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/type.h"

namespace ktstr::schema {

struct Member;

struct Node {
  enum class Kind {
    null,
    literal,  ///< A number or truth value; not finite where it begins with `.` or `-.`.
    text,
    list,
    map,
  };

  Kind kind = Kind::null;
  std::string text{};
  std::vector<Node> items;
  std::vector<Member> members;
  bool is_choice = false;  ///< A map whose one key is the word of an alternative.

  static Node literal(std::string text);
  static Node boolean(bool value);
  static Node of_text(std::string_view text);
  static Node list(std::vector<Node> items);
  static Node list();
  static Node map();

  /// Adds a member to a map; keys are not checked for being there already.
  Node& add(std::string_view key, Node value);
  [[nodiscard]] bool is_container() const { return kind == Kind::list || kind == Kind::map; }
  /// A list or map without content.
  [[nodiscard]] bool is_empty() const;
};

struct Member {
  std::string key;
  Node value;
};

enum class Defaults {
  omitted,  ///< What a person would write: nothing that is the default, shorthands used.
  written,  ///< Every field; the form depends on the type alone, so programs can rely on it.
};

Node tree_of(ConstRef value, Defaults defaults);

/// The word by which a choice names an alternative.
std::string_view word_of(const Type& alternative);
/// Whether the word alone stands for the fresh alternative: a record without required fields.
bool word_alone_suffices(const Type& alternative);
/// A record that its word says all of.
bool is_fieldless(const Type& type);
/// The type itself, or what its Boxes hold.
const Type& unboxed(const Type& type);

}  // namespace ktstr::schema
