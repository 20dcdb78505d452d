// SPDX-License-Identifier: GPL-2.0-only
// Builds one YAML document's tree from a parser's events. Positions in events are those of the
// node's first character, its anchor included; ends are found in the text. Private to this layer;
// knows no parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "doc/reading.h"

namespace ktstr::doc {

class YamlTree {
 public:
  using Anchor = std::size_t;  ///< 0: none. Numbered by the parser, unique within a document.

  explicit YamlTree(Reading& reading) : reading_(reading) {}

  // Each returns false when the document cannot be read on; it has said why.
  bool null(std::size_t at, Anchor anchor);
  bool scalar(std::size_t at, Anchor anchor, const std::string& value);
  bool alias(std::size_t at, Anchor anchor);
  bool open(Node::Kind kind, std::size_t at, Anchor anchor);
  bool close();

  /// The finished tree; nothing while it is unfinished.
  std::optional<Node> take() { return std::move(root_); }
  /// Whether the document says nothing at all, as after a `---` at the end.
  [[nodiscard]] bool is_blank() const { return blank_; }
  /// Where the innermost `[` or `{` that is still open stands.
  [[nodiscard]] std::optional<std::size_t> open_bracket() const;
  /// The end of what was read so far.
  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  struct Frame {
    Node node;
    std::size_t begin;
    Anchor anchor;
    std::size_t nodes_before;
    std::size_t bytes_before;
    std::size_t height = 1;  ///< Levels of lists and maps from this one down.
    Keys keys{};
    std::optional<Member> pending{};  ///< The key whose value comes next.
    bool drop_pending = false;
  };
  struct Anchored {
    Node node;
    std::size_t nodes;
    std::size_t bytes;
    std::size_t height;
  };

  [[nodiscard]] bool expects_key() const;
  bool key(std::size_t begin, std::size_t end, const std::string& text, Anchor anchor, bool quoted);
  bool refuse_key(Span where, std::string_view what);
  bool refuse_collection_key(std::size_t begin);
  bool place(Node&& node);
  bool anchor_node(Anchor anchor, const Node& node, std::size_t nodes, std::size_t bytes,
                   std::size_t height);
  std::size_t skip_properties(std::size_t at);

  Reading& reading_;
  std::vector<Frame> frames_;
  std::unordered_map<Anchor, Anchored> anchors_;
  std::optional<Node> root_;
  std::size_t end_ = 0;
  bool blank_ = false;
};

}  // namespace ktstr::doc
