// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <ranges>

#include "schema/print.h"
#include "schema/quote.h"

namespace ktstr::schema {

namespace {

constexpr std::size_t widest = 100;
constexpr unsigned deepest_inline = 3;

void append_inline(std::string& out, const Node& node) {
  const char* separator = "";
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      break;
    case Node::Kind::literal:
      out += node.text;
      break;
    case Node::Kind::text:
      out += yaml_text(node.text, YamlContext::flow);
      break;
    case Node::Kind::list:
      out += '[';
      for (const Node& item : node.items) {
        append_inline(out += separator, item);
        separator = ", ";
      }
      out += ']';
      break;
    case Node::Kind::map:
      out += '{';
      for (const auto& [key, value] : node.members) {
        append_inline((out += separator) += yaml_text(key, YamlContext::flow) + ": ", value);
        separator = ", ";
      }
      out += '}';
      break;
  }
}

/// Whether the node reads well on one line, apart from its length: few levels, and no lists but of
/// single words.
bool reads_inline(const Node& node, unsigned levels) {
  if (!node.is_container()) return node.text.find('\n') == node.text.npos;
  if (levels == 0) return false;
  const auto is_single_word = [](const Node& item) {
    return !item.is_container() && item.text.find_first_of(" \n") == item.text.npos;
  };
  return std::ranges::all_of(node.items, is_single_word) &&
         std::ranges::all_of(node.members | std::views::transform(&Member::value),
                             [&](const Node& value) { return reads_inline(value, levels - 1); });
}

class BlockWriter {
 public:
  /// Writes the block of a list or map that has content, from the start of a line or, when
  /// `continues`, from where the line stands at `indent`.
  void block(const Node& node, std::size_t indent, bool continues) {
    for (const Node& item : node.items) {
      begin_line(indent, continues);
      out_ += "-";
      item_value(item, indent + 2);
    }
    for (const auto& [key, value] : node.members) {
      begin_line(indent, continues);
      const std::string name = yaml_text(key, YamlContext::block);
      out_ += name + ":";
      member_value(value, indent, indent + name.size() + 1);
    }
  }

  /// Writes a node that stands on one line.
  void line(const Node& node) {
    if (node.kind == Node::Kind::text)
      out_ += yaml_text(node.text, YamlContext::block);
    else
      append_inline(out_, node);
    out_ += '\n';
  }

  std::string take() { return std::move(out_); }

 private:
  void begin_line(std::size_t indent, bool& continues) {
    if (!continues) out_.append(indent, ' ');
    continues = false;
  }

  static bool fits(const Node& node, std::size_t column) {
    if (!node.is_container() || node.is_empty()) return true;
    if (!reads_inline(node, deepest_inline)) return false;
    std::string text;
    append_inline(text, node);
    return column + 1 + text.size() <= widest;
  }

  void item_value(const Node& item, std::size_t indent) {
    out_ += ' ';
    // An operation reads better as `- name: …` than in braces.
    if (item.is_choice || !fits(item, indent - 1))
      block(item, indent, true);
    else
      line(item);
  }

  void member_value(const Node& value, std::size_t indent, std::size_t column) {
    if (value.kind == Node::Kind::text && fits_literal_block(value.text)) {
      literal_block(value.text, indent + 2);
    } else if (fits(value, column)) {
      out_ += ' ';
      line(value);
    } else {
      out_ += '\n';
      block(value, indent + 2, false);
    }
  }

  void literal_block(std::string_view text, std::size_t indent) {
    out_ += text.ends_with('\n') ? " |\n" : " |-\n";
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (const auto part : std::views::split(text, '\n')) {
      const std::string_view row(part.begin(), part.end());
      if (!row.empty()) out_.append(indent, ' ').append(row);
      out_ += '\n';
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Node& document) {
  BlockWriter writer;
  if (document.is_container() && !document.is_empty())
    writer.block(document, 0, false);
  else
    writer.line(document);
  return writer.take();
}

std::string to_inline_yaml(const Node& node) {
  std::string out;
  append_inline(out, node);
  return out;
}

std::string print(ConstRef value) {
  return to_yaml(tree_of(value, Defaults::omitted));
}

std::string print_inline(ConstRef value) {
  return to_inline_yaml(tree_of(value, Defaults::omitted));
}

}  // namespace ktstr::schema
