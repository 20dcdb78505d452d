// SPDX-License-Identifier: GPL-2.0-only
// A recursive reader, its depth limited by Reading::nest before it recurses. Written here because
// exact places and messages of our own need more than the available libraries' callbacks tell.
#include "doc/json.h"

#include "doc/cursor.h"

namespace ktstr::doc {
namespace {

constexpr std::string_view blanks = " \t\r\n";

class JsonReader {
 public:
  explicit JsonReader(Reading& reading) : reading_(reading), in_{reading.text(), reading.start()} {}

  std::optional<Node> document() {
    in_.skip(blanks);
    if (in_.done()) {
      reading_.error(code("syntax"), Span{}, "the file holds nothing");
      return {};
    }
    Node root;
    if (!value(root, 0)) return {};
    in_.skip(blanks);
    if (!in_.done()) {
      expected("the end of the text");
      return {};
    }
    return root;
  }

 private:
  bool value(Node& out, std::size_t depth) {
    const std::size_t begin = in_.at;
    if (!reading_.charge(reading_.span(begin, begin + 1), 1, 0)) return false;
    switch (in_.peek()) {
      case '{':
        return collection(out, depth + 1, '}');
      case '[':
        return collection(out, depth + 1, ']');
      case '"':
        out.kind = Node::Kind::text;
        out.quoted = true;
        if (!string(out.text)) return false;
        break;
      default:
        if (!word(out)) return false;
    }
    return finish_scalar(out, begin);
  }

  bool finish_scalar(Node& out, std::size_t begin) {
    out.span = reading_.span(begin, in_.at);
    reading_.check_scalar(out.text, out.span);
    return reading_.charge(out.span, 0, out.text.size());
  }

  bool collection(Node& out, std::size_t depth, char close) {
    const std::size_t begin = in_.at++;
    if (!reading_.nest(reading_.span(begin, begin + 1), depth)) return false;
    out.kind = close == '}' ? Node::Kind::map : Node::Kind::list;
    Keys keys;
    in_.skip(blanks);
    for (bool first = true; in_.peek() != close; first = false) {
      if (in_.done()) {
        reading_.error(code("syntax"), begin, begin + 1,
                       std::string("`") + in_.text[begin] + "` is never closed");
        return false;
      }
      if (!first) {
        if (!in_.eat(",")) return expected(std::string("`,` or `") + close + "`");
        in_.skip(blanks);
        if (in_.peek() == close)
          return expected("another value", "JSON has no comma after the last one");
      }
      if (!(close == '}' ? member(out, keys, depth) : item(out, depth))) return false;
      in_.skip(blanks);
    }
    ++in_.at;
    out.span = reading_.span(begin, in_.at);
    return true;
  }

  bool item(Node& list, std::size_t depth) { return value(list.items.emplace_back(), depth); }

  bool member(Node& map, Keys& keys, std::size_t depth) {
    Member member;
    const std::size_t begin = in_.at;
    if (in_.peek() != '"') return expected("a key in double quotes");
    if (!string(member.key)) return false;
    member.key_span = reading_.span(begin, in_.at);
    reading_.check_key(member.key, member.key_span);
    if (!reading_.charge(member.key_span, 0, member.key.size())) return false;
    const bool is_new = keys.add(reading_, member.key, member.key_span);
    in_.skip(blanks);
    if (!in_.eat(":")) return expected("`:`");
    in_.skip(blanks);
    if (!value(member.value, depth)) return false;
    if (is_new) map.members.push_back(std::move(member));
    return true;
  }

  bool string(std::string& out) {
    const std::size_t begin = in_.at++;
    while (true) {
      const std::size_t from = in_.at;
      in_.skip_to("\"\\\n\t\r");
      out += in_.text.substr(from, in_.at - from);
      if (in_.eat("\"")) return true;
      if (in_.peek() == '\t') return expected("`\\t` in place of a tab in a string");
      if (in_.peek() != '\\') {
        reading_.error(code("syntax"), begin, in_.at, "this string does not end in its line");
        return false;
      }
      if (!escape(out)) return false;
    }
  }

  bool escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    ++in_.at;
    if (in_.eat("u")) return read_unicode_escape(in_, reading_, 4, true, out);
    const std::size_t which = names.find(in_.peek());
    if (in_.done() || which == std::string_view::npos)
      return expected("one of \" \\ / b f n r t u after `\\`");
    out += values[which];
    ++in_.at;
    return true;
  }

  /// A number or one of the three names.
  bool word(Node& out) {
    const std::size_t begin = in_.at;
    in_.skip_to(" \t\r\n,:[]{}\"");
    const std::string_view written = in_.text.substr(begin, in_.at - begin);
    const std::string_view digits = written.substr(written.starts_with('-') ? 1 : 0);
    const bool leading_zero = digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
    out.text = written;
    if (written == "null")
      out.kind = Node::Kind::null;
    else if (written == "true" || written == "false")
      out.kind = Node::Kind::boolean;
    else if (is_decimal(digits, false) && !leading_zero)
      out.kind = digits.find_first_of(".eE") == std::string_view::npos ? Node::Kind::integer
                                                                       : Node::Kind::number;
    else
      return no_value(begin, written);
    return true;
  }

  bool no_value(std::size_t begin, std::string_view written) {
    in_.at = begin;
    if (written.empty()) return expected("a value");
    std::string hint = "text stands in double quotes";
    if (written.starts_with('#') || written.starts_with('/')) hint = "JSON has no comments";
    reading_.error(code("syntax"), begin, begin + written.size(),
                   "`" + shorten(written) + "` is no JSON value", hint);
    return false;
  }

  bool expected(const std::string& what, std::string hint = {}) {
    return reading_.expected(in_.at, what, in_.seen(), std::move(hint));
  }

  Reading& reading_;
  Cursor in_;
};

}  // namespace

std::optional<Node> read_json(Reading& reading) {
  return JsonReader(reading).document();
}

}  // namespace ktstr::doc
