// SPDX-License-Identifier: GPL-2.0-only
// What a YAML, TOML or JSON document is once it is read: one tree of nodes, each knowing where it
// stands. Scalars keep the text the user wrote, since only the key they belong to says how to read
// them (`1n2l`, `50%`, `010`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace ktstr::doc {

struct Member;

struct Node {
  enum class Kind { null, boolean, integer, number, text, list, map };

  Kind kind = Kind::null;
  /// Of the value with its quotes or brackets, as far as it stands in its first line. A map or list
  /// without brackets: its first line; one made by a TOML header: the header; an absent value: its
  /// key or dash. The outermost node of an expanded alias has the span of the `*alias`.
  Span span{};
  std::string text{};   ///< A scalar's content, unquoted and unescaped: `0x1f`, `1_000`, `true`.
  bool quoted = false;  ///< Written in quotes or as a block: always text.
  std::vector<Node> items;      ///< Of a list.
  std::vector<Member> members;  ///< Of a map, in file order, keys unique.
  /// Which file the span is in, once includes have put several into one tree; 0 for the file that
  /// includes. A member's key is in the file of its value.
  std::uint32_t file = 0;

  /// The value of `key`, or null if this is no map or has no such key.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] bool is_scalar() const { return kind < Kind::list; }
};

struct Member {
  std::string key;
  Span key_span;
  Node value;
};

/// `a list`, `a map`, `a whole number`, ... for messages.
std::string_view name(Node::Kind kind);

/// The value of an integer in any of the notations the formats have (decimal, 0x, 0o, 0b, `_`
/// between digits); nothing for other kinds or beyond the type.
std::optional<std::int64_t> to_integer(const Node& node);
std::optional<std::uint64_t> to_unsigned(const Node& node);
/// The value of an integer or a number, always finite.
std::optional<double> to_number(const Node& node);

/// Whether two trees say the same, wherever and in whichever notation: spans, quotes, the order of
/// keys and the spelling of equal numbers do not matter.
bool same_value(const Node& a, const Node& b);

}  // namespace ktstr::doc
