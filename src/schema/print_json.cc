// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "schema/print.h"
#include "schema/quote.h"

namespace ktstr::schema {

namespace {

constexpr std::size_t widest = 100;

class JsonWriter {
 public:
  explicit JsonWriter(unsigned indent) : indent_(indent) {}

  void value(const Node& node, std::size_t depth, std::size_t column) {
    switch (node.kind) {
      case Node::Kind::null:
        out_ += "null";
        return;
      case Node::Kind::literal:
        out_ += node.text.starts_with('.') || node.text.starts_with("-.") ? "null" : node.text;
        return;
      case Node::Kind::text:
        out_ += double_quoted(node.text);
        return;
      case Node::Kind::list:
      case Node::Kind::map:
        container(node, depth, column);
        return;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  /// Containers of scalars stay on one line where they fit.
  static bool fits(const Node& node, std::size_t column) {
    const auto nested = [](const Node& child) { return child.is_container() && !child.is_empty(); };
    if (std::ranges::any_of(node.items, nested) ||
        std::ranges::any_of(node.members, nested, &Member::value))
      return false;
    return column + to_json(node, 0).size() < widest;
  }

  void container(const Node& node, std::size_t depth, std::size_t column) {
    const bool broken = indent_ > 0 && !node.is_empty() && !fits(node, column);
    const bool is_list = node.kind == Node::Kind::list;
    const std::size_t inner = (depth + 1) * indent_;
    const char* separator = "";
    const auto begin_entry = [&] {
      out_ += separator;
      separator = broken || indent_ == 0 ? "," : ", ";
      if (broken) out_.append("\n").append(inner, ' ');
    };
    out_ += is_list ? '[' : '{';
    for (const Node& item : node.items) {
      begin_entry();
      value(item, depth + 1, inner);
    }
    for (const auto& [key, child] : node.members) {
      begin_entry();
      const std::string name = double_quoted(key) + (indent_ == 0 ? ":" : ": ");
      out_ += name;
      value(child, depth + 1, inner + name.size());
    }
    if (broken) out_.append("\n").append(depth * indent_, ' ');
    out_ += is_list ? ']' : '}';
  }

  std::size_t indent_;
  std::string out_;
};

}  // namespace

std::string to_json(const Node& document, unsigned indent) {
  JsonWriter writer(indent);
  writer.value(document, 0, 0);
  return writer.take();
}

std::string print_json(ConstRef value, JsonStyle style) {
  return to_json(tree_of(value, style.defaults), style.indent);
}

}  // namespace ktstr::schema
