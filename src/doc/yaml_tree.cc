// SPDX-License-Identifier: GPL-2.0-only
// The tree of one YAML document: keys, aliases and limits.
#include "doc/yaml_tree.h"

#include <algorithm>

#include "doc/load.h"
#include "doc/yaml_text.h"

namespace ktstr::doc {

bool YamlTree::expects_key() const {
  return !frames_.empty() && frames_.back().node.kind == Node::Kind::map && !frames_.back().pending;
}

std::optional<std::size_t> YamlTree::open_bracket() const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    const char c = reading_.text()[frame->begin];
    if (c == '[' || c == '{') return frame->begin;
  }
  return {};
}

/// Past anchors and tags; a tag is refused.
std::size_t YamlTree::skip_properties(std::size_t at) {
  const std::string_view text = reading_.text();
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n,[]{}", at), text.size());
    if (text[at] == '!')
      reading_.error(code("unsupported_yaml"), at, end,
                     "tag `" + shorten(text.substr(at, end - at)) + "`",
                     "a value's kind follows from its key; leave the tag out");
    at = skip_blank(text, end);
  }
  return at;
}

bool YamlTree::null(std::size_t at, Anchor anchor) {
  const std::string_view text = reading_.text();
  const std::size_t begin = skip_properties(at);
  const std::string_view rest = text.substr(std::min(begin, text.size()));
  std::size_t length = 0;
  for (const std::string_view word : {"~", "null", "Null", "NULL"})
    if (rest.starts_with(word)) length = word.size();
  if (length > 0) return scalar(at, anchor, std::string(rest.substr(0, length)));

  if (expects_key()) return refuse_key(reading_.span(begin, begin + 1), "an empty key");
  Node node;
  blank_ = frames_.empty();
  if (!frames_.empty() && frames_.back().pending) {
    node.span = frames_.back().pending->key_span;
  } else {
    const std::size_t dash = skip_blank(text, end_);
    const bool is_dash = dash < text.size() && text[dash] == '-';
    node.span = is_dash ? reading_.span(dash, dash + 1) : reading_.span(at, at + 1);
    if (is_dash) end_ = dash + 1;
  }
  return reading_.charge(node.span, 1, 0) && anchor_node(anchor, node, 1, 0, 0) &&
         place(std::move(node));
}

bool YamlTree::scalar(std::size_t at, Anchor anchor, const std::string& value) {
  const std::string_view text = reading_.text();
  const std::size_t begin = skip_properties(at);
  const char first = begin < text.size() ? text[begin] : '\0';
  const bool in_quotes = first == '"' || first == '\'';
  const bool quoted = in_quotes || first == '|' || first == '>';
  if (in_quotes && quoted_end(text, begin) == std::string_view::npos) {
    reading_.error(code("syntax"), begin, begin + 1, "this string is never closed");
    return false;
  }
  const std::size_t end = scalar_end(text, begin, value);
  end_ = std::max(end_, end);
  if (expects_key()) return key(begin, end, value, anchor, quoted);

  Node node{.kind = quoted ? Node::Kind::text : plain_kind(value),
            .span = reading_.span(begin, end),
            .text = value,
            .quoted = quoted};
  reading_.check_scalar(value, node.span);
  if (!quoted && is_not_finite(value))
    reading_.error(code("bad_value"), node.span, "`" + value + "` is no number a scenario can use");
  return reading_.charge(node.span, 1, value.size()) &&
         anchor_node(anchor, node, 1, value.size(), 0) && place(std::move(node));
}

bool YamlTree::key(std::size_t begin, std::size_t end, const std::string& text, Anchor anchor,
                   bool quoted) {
  Frame& frame = frames_.back();
  const Span span = reading_.span(begin, end);
  if (anchor != 0)
    reading_.error(code("unsupported_yaml"), span, "an anchor on a key", "anchor the value");
  reading_.check_key(text, span);
  frame.drop_pending = false;
  if (text == "<<" && !quoted) {
    reading_.error(code("unsupported_yaml"), span, "merge key `<<`",
                   "write the keys out, or use `include`");
    frame.drop_pending = true;
  } else if (!frame.keys.add(reading_, text, span)) {
    frame.drop_pending = true;
  }
  frame.pending = Member{text, span, {}};
  return reading_.charge(span, 0, text.size());
}

bool YamlTree::refuse_key(Span where, std::string_view what) {
  reading_.error(code("syntax"), where, std::string(what) + ", where a map needs a word",
                 "text with `{`, `[` or `: ` in it stands in quotes");
  return false;
}

bool YamlTree::refuse_collection_key(std::size_t begin) {
  const std::string_view text = reading_.text();
  const Span span = reading_.span(begin, begin + 1);
  if (begin < text.size() && (text[begin] == '[' || text[begin] == '{')) {
    // At the end of the text the parser takes a bracket that is still open for a key.
    const Brackets brackets = match_brackets(text, begin, max_depth);
    if (const auto deep = brackets.too_deep)
      return reading_.nest(reading_.span(*deep, *deep + 1), max_depth + 1);
    if (const auto open = brackets.unclosed) {
      reading_.error(code("syntax"), *open, *open + 1,
                     std::string("`") + text[*open] + "` is never closed");
      return false;
    }
  }
  return refuse_key(span, "a list or map as a key");
}

bool YamlTree::alias(std::size_t at, Anchor anchor) {
  const std::string_view text = reading_.text();
  const std::size_t end = std::min(text.find_first_of(" \t\r\n,[]{}", at), text.size());
  const Span span = reading_.span(at, end);
  const std::string name(shorten(text.substr(at, end - at)));
  end_ = std::max(end_, end);
  if (expects_key()) {
    reading_.error(code("unsupported_yaml"), span, "alias `" + name + "` as a key");
    return false;
  }
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    reading_.error(code("unsupported_yaml"), span, "alias `" + name + "` stands inside itself");
    return false;
  }
  const Anchored& original = found->second;
  if (!reading_.charge(span, original.nodes, original.bytes) ||
      !reading_.nest(span, frames_.size() + original.height))
    return false;
  if (!frames_.empty())
    frames_.back().height = std::max(frames_.back().height, original.height + 1);
  Node copy = original.node;
  copy.span = span;
  return place(std::move(copy));
}

bool YamlTree::open(Node::Kind kind, std::size_t at, Anchor anchor) {
  const std::size_t begin = skip_properties(at);
  const Span span = reading_.span(begin, begin + 1);
  if (expects_key()) return refuse_collection_key(begin);
  Frame frame{Node{.kind = kind}, begin, anchor, reading_.nodes(), reading_.bytes()};
  if (!reading_.charge(span, 1, 0) || !reading_.nest(span, frames_.size() + 1)) return false;
  frames_.push_back(std::move(frame));
  const char first = begin < reading_.text().size() ? reading_.text()[begin] : '\0';
  end_ = std::max(end_, first == '[' || first == '{' ? begin + 1 : begin);
  return true;
}

bool YamlTree::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  const std::string_view text = reading_.text();
  const char first = frame.begin < text.size() ? text[frame.begin] : '\0';
  if (first == '[' || first == '{') {
    // Only blanks, comments and separators stand between the last item and the bracket.
    std::size_t at = skip_blank(text, end_);
    while (at < text.size() && (text[at] == ',' || text[at] == ':' || text[at] == '?'))
      at = skip_blank(text, at + 1);
    end_ = std::min(at + 1, text.size());
  }
  frame.node.span = reading_.span(frame.begin, end_);
  if (!frames_.empty()) frames_.back().height = std::max(frames_.back().height, frame.height + 1);
  return anchor_node(frame.anchor, frame.node, reading_.nodes() - frame.nodes_before,
                     reading_.bytes() - frame.bytes_before, frame.height) &&
         place(std::move(frame.node));
}

/// Keeps a copy for the aliases to come, which counts as much as a use does: the copies of anchors
/// within anchors would grow without bound otherwise.
bool YamlTree::anchor_node(Anchor anchor, const Node& node, std::size_t nodes, std::size_t bytes,
                           std::size_t height) {
  if (anchor == 0) return true;
  if (!reading_.charge(node.span, nodes, bytes)) return false;
  anchors_.emplace(anchor, Anchored{node, nodes, bytes, height});
  return true;
}

bool YamlTree::place(Node&& node) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == Node::Kind::list) {
    frame.node.items.push_back(std::move(node));
    return true;
  }
  if (!frame.drop_pending) {
    frame.pending->value = std::move(node);
    frame.node.members.push_back(std::move(*frame.pending));
  }
  frame.pending.reset();
  return true;
}

}  // namespace ktstr::doc
