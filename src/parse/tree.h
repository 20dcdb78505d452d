// SPDX-License-Identifier: GPL-2.0-only
// One document's tree, the files its parts stand in, and what stands beside it in them.
#pragma once

#include <memory>
#include <vector>

#include "base/source.h"
#include "doc/node.h"

namespace ktstr::parse {

struct Tree {
  doc::Node root;
  std::vector<std::shared_ptr<const Source>> files;  ///< `Node::file` is an index into these.
  /// The scenarios of included files of several documents, which `extends` may name.
  std::vector<doc::Node> others{};

  [[nodiscard]] Place place(const doc::Node& node) const { return {files[node.file], node.span}; }
  [[nodiscard]] Place key_place(const doc::Member& member) const {
    return {files[member.value.file], member.key_span};
  }
};

/// The place of a scalar's own characters: within its quotes, if it has any.
inline Place content_place(const Tree& tree, const doc::Node& node) {
  Place out = tree.place(node);
  const std::string_view line = line_of(out);
  if (node.quoted && out.span.column >= 1 && out.span.column <= line.size()) {
    const char first = line[out.span.column - 1];
    if ((first == '"' || first == '\'') && out.span.length >= 2) {
      out.span.column += 1;
      out.span.length -= 2;
    }
  }
  return out;
}

/// Whether the file holds the scalar's text letter by letter, so that columns can be counted.
inline bool is_verbatim(const Place& content, std::string_view text) {
  const std::string_view line = line_of(content);
  return content.span.column >= 1 && content.span.column <= line.size() &&
         line.substr(content.span.column - 1).starts_with(text);
}

}  // namespace ktstr::parse
