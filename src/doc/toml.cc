// SPDX-License-Identifier: GPL-2.0-only
// Statement by statement, so that one mistake does not hide the next; nesting is limited before it
// recurses. Written here because the available library stops at the first mistake, does not know
// where the first of two equal keys stands, and overflows the stack on a long dotted key; the tests
// hold this reader against it.
#include "doc/toml.h"

#include "doc/cursor.h"
#include "doc/load.h"
#include "doc/toml_scalar.h"
#include "doc/toml_tables.h"

namespace ktstr::doc {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view blanks_and_lines = " \t\r\n";

bool is_bare(char c) {
  return is_digit(c, 36) || c == '_' || c == '-';
}

class TomlReader {
 public:
  explicit TomlReader(Reading& reading)
      : reading_(reading), walk_(reading), in_{reading.text(), reading.start()} {}

  std::optional<Node> document() {
    next_line();
    if (in_.done()) {
      reading_.error(code("syntax"), Span{}, "the file holds nothing");
      return {};
    }
    root_.span = reading_.span(in_.at, in_.text.size());
    if (!reading_.charge(root_.span, 1, 0)) return {};
    for (; !in_.done() && !stopped(); next_line())
      if (!(in_.peek() == '[' ? header() : key_value(*current_)) || !line_end()) recover();
    if (stopped()) return {};
    return to_node(std::move(root_));
  }

 private:
  [[nodiscard]] bool stopped() const { return stopped_ || walk_.stopped() || reading_.exhausted(); }

  /// Past blanks, line ends and comments.
  void next_line() {
    for (in_.skip(blanks_and_lines); in_.peek() == '#'; in_.skip(blanks_and_lines))
      in_.skip_to("\n");
  }

  bool line_end() {
    in_.skip(blanks);
    if (in_.peek() == '#') in_.skip_to("\n");
    return in_.done() || in_.sees("\n") || in_.sees("\r\n") || expected("the end of the line");
  }

  /// To the next line, or, if the mistake stands within an array, the next that looks like a
  /// statement.
  void recover() {
    stopped_ |= ++broken_ == max_broken;
    do {
      in_.skip_to("\n");
      next_line();
    } while (open_arrays_ > 0 && !in_.done() && !statement_starts());
    open_arrays_ = 0;
  }

  [[nodiscard]] bool statement_starts() const {
    Cursor look = in_;
    const bool is_header = look.eat("[");
    if (is_header) look.eat("[");
    while (true) {
      const char c = look.peek();
      if (c == '"' || c == '\'') {
        ++look.at;
        look.skip_to(c == '"' ? "\"\n" : "'\n");
        if (look.peek() != c) return false;
      } else if (!is_bare(c) && c != ' ' && c != '\t' && c != '.') {
        return c == (is_header ? ']' : '=');
      }
      ++look.at;
    }
  }

  bool header() {
    const std::size_t begin = in_.at;
    const bool array = in_.eat("[[");
    if (!array) in_.eat("[");
    current_ = &(discarded_ = TomlTable{});
    KeyPath path;
    if (!key_path(path)) return false;
    const std::string_view close = array ? "]]" : "]";
    if (!in_.eat(close)) return expected("`" + std::string(close) + "` after the table's name");
    TomlTable* table = walk_.header(root_, path, array, reading_.span(begin, in_.at));
    if (table != nullptr) current_ = table;
    return !stopped();  // What follows a refused header is read all the same, and dropped.
  }

  bool key_path(KeyPath& path) {
    do {
      in_.skip(blanks);
      KeyPart part;
      const std::size_t begin = in_.at;
      if (in_.peek() == '"' || in_.peek() == '\'') {
        if (in_.sees(R"(""")") || in_.sees("'''")) return expected("a key in one line");
        if (!read_toml_string(in_, reading_, part.text)) return false;
      } else {
        while (is_bare(in_.peek())) part.text += in_.text[in_.at++];
        if (part.text.empty())
          return expected("a key", "letters, digits, `_` and `-`, or text in quotes");
      }
      part.span = reading_.span(begin, in_.at);
      reading_.check_key(part.text, part.span);
      if (!reading_.charge(part.span, 0, part.text.size()) ||
          !reading_.nest(part.span, path.size() + 1))
        return stop();
      path.push_back(std::move(part));
      in_.skip(blanks);
    } while (in_.eat("."));
    return true;
  }

  bool key_value(TomlTable& into) {
    KeyPath path;
    if (!key_path(path)) return false;
    if (!in_.eat("=")) return expected("`=` after the key");
    in_.skip(blanks);
    TomlTable* table = walk_.dotted(into, path);
    if (stopped()) return false;
    Node read;
    if (!value(read, table == nullptr ? into.depth : table->depth)) return false;
    if (table == nullptr) return true;
    KeyPart& last = path.back();
    if (const TomlTable::Entry* first = table->find(last.text))
      reading_.duplicate(last.text, last.span, first->key.span);
    else
      table->add(std::move(last), std::move(read));
    return true;
  }

  bool value(Node& out, std::size_t depth) {
    const std::size_t begin = in_.at;
    if (!reading_.charge(reading_.span(begin, begin + 1), 1, 0)) return stop();
    switch (in_.peek()) {
      case '[':
        return array(out, depth + 1);
      case '{':
        return inline_table(out, depth + 1);
      case '"':
      case '\'':
        out.kind = Node::Kind::text;
        out.quoted = true;
        if (!read_toml_string(in_, reading_, out.text)) return false;
        break;
      default:
        if (!read_toml_word(in_, reading_, out)) return false;
    }
    out.span = reading_.span(begin, in_.at);
    reading_.check_scalar(out.text, out.span);
    return reading_.charge(out.span, 0, out.text.size()) || stop();
  }

  bool array(Node& out, std::size_t depth) {
    const std::size_t begin = in_.at++;
    if (!reading_.nest(reading_.span(begin, begin + 1), depth)) return stop();
    out.kind = Node::Kind::list;
    ++open_arrays_;
    for (next_line(); !in_.eat("]"); next_line()) {
      if (in_.done()) return never_closed(begin);
      if (!value(out.items.emplace_back(), depth)) return false;
      next_line();
      if (!in_.eat(",") && in_.peek() != ']')
        return in_.done() ? never_closed(begin) : expected("`,` or `]`");
    }
    --open_arrays_;
    out.span = reading_.span(begin, in_.at);
    return true;
  }

  bool inline_table(Node& out, std::size_t depth) {
    const std::size_t begin = in_.at++;
    if (!reading_.nest(reading_.span(begin, begin + 1), depth)) return stop();
    TomlTable table{.depth = depth};
    in_.skip(blanks);
    if (!in_.eat("}")) {
      do {
        if (!key_value(table)) return false;
        in_.skip(blanks);
      } while (in_.eat(","));
      if (!in_.eat("}")) return expected("`,` or `}`", "an inline table stands in one line");
    }
    table.span = reading_.span(begin, in_.at);
    out = to_node(std::move(table));
    return true;
  }

  bool expected(const std::string& what, std::string hint = {}) {
    return reading_.expected(in_.at, what, in_.seen(), std::move(hint));
  }

  bool never_closed(std::size_t begin) {
    reading_.error(code("syntax"), begin, begin + 1,
                   std::string("`") + in_.text[begin] + "` is never closed");
    return false;
  }

  bool stop() {
    stopped_ = true;
    return false;
  }

  Reading& reading_;
  TomlWalk walk_;
  Cursor in_;
  TomlTable root_{.made = TomlTable::Made::header};
  TomlTable discarded_;
  TomlTable* current_ = &root_;
  std::size_t open_arrays_ = 0;
  std::size_t broken_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::optional<Node> read_toml(Reading& reading) {
  return TomlReader(reading).document();
}

}  // namespace ktstr::doc
