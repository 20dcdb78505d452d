// SPDX-License-Identifier: GPL-2.0-only
// The events come from yaml-cpp; its node tree is not used, since it shares what aliases stand for,
// keeps equal keys and reads YAML 1.1 numbers. Its exceptions end here, one E004 each.
#include "doc/yaml.h"

#include <algorithm>
#include <istream>
#include <streambuf>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "doc/load.h"
#include "doc/yaml_text.h"
#include "doc/yaml_tree.h"

namespace ktstr::doc {
namespace {

/// Thrown through the parser when a document cannot be read on; the tree has said why.
struct Stop {};

class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // Never written: there is no put area.
    setg(begin, begin, begin + text.size());
  }
};

class Handler final : public YAML::EventHandler {
 public:
  Handler(Reading& reading, std::size_t base) : tree(reading), base_(base) {}

  void OnDocumentStart(const YAML::Mark& mark) override { start = offset(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    need(tree.null(offset(mark), anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    need(tree.alias(offset(mark), anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    need(tree.scalar(offset(mark), anchor, value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    need(tree.open(Node::Kind::list, offset(mark), anchor));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    need(tree.open(Node::Kind::map, offset(mark), anchor));
  }
  void OnSequenceEnd() override { need(tree.close()); }
  void OnMapEnd() override { need(tree.close()); }

  [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const {
    return base_ + static_cast<std::size_t>(std::max(mark.pos, 0));
  }

  YamlTree tree;
  std::size_t start = 0;

 private:
  static void need(bool fine) {
    if (!fine) throw Stop{};
  }

  std::size_t base_;
};

struct Wording {
  std::string_view theirs;  ///< How the library's message starts.
  std::string_view ours;
  std::string_view hint;
};

constexpr Wording wordings[] = {
    {"illegal map value", "`:` in a place where no map can start",
     "text with `: ` in it stands in quotes; check the indentation too"},
    {"illegal map key", "a key in a place where no map can start", "check the indentation"},
    {"illegal block entry", "`- ` in a place where no list can start",
     "a list starts in a line of its own; check the indentation"},
    {"illegal flow end", "a closing bracket without its opening one", ""},
    {"end of map not found", "this line belongs to no map or list above it",
     "check the indentation; keys of one map start in one column"},
    {"end of sequence not found", "this line belongs to no map or list above it",
     "check the indentation; items of one list start in one column"},
    {"end of map flow not found", "expected `,` or `}`", ""},
    {"end of sequence flow not found", "expected `,` or `]`", ""},
    {"unknown token", "no value can start with this character", "put the value in quotes"},
    {"illegal document indicator", "a document ends within quotes", ""},
    {"unknown escape character", "unknown escape in a string in double quotes",
     "in '…' a `\\` is itself"},
    {"bad character found while scanning hex", "an escape needs hexadecimal digits", ""},
    {"invalid unicode", "an escape that names no Unicode character", ""},
    {"the referenced anchor is not defined", "this alias names no anchor before it", ""},
    {"cannot assign multiple", "two anchors or tags for one value", ""},
    {"alias not found after *", "`*` without a name", "put the value in quotes"},
    {"anchor not found after &", "`&` without a name", "put the value in quotes"},
    {"illegal character found while scanning", "a character no anchor can have", ""},
    {"aliases can't have", "an alias with content of its own", ""},
    {"unexpected character in block scalar",
     "only an indentation digit, `+` or `-` follows `|` and `>`", ""},
    {"cannot set zero indentation", "a block cannot be indented by 0", ""},
    {"illegal character in scalar", "a character no value can have here",
     "put the value in quotes"},
    {"bad YAML version", "not a YAML version", ""},
};

/// The tab in the indentation of the line of `offset`, or of the one before, if there is one.
std::optional<std::size_t> indenting_tab(std::string_view text, std::size_t offset) {
  for (int lines = 0; lines < 2; ++lines) {
    const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::size_t first = std::min(text.find_first_not_of(" \t", begin), text.size());
    const std::size_t tab = text.substr(begin, first - begin).find('\t');
    if (tab != std::string_view::npos) return begin + tab;
    if (newline == std::string_view::npos) break;
    offset = newline;
  }
  return {};
}

class YamlReader {
 public:
  explicit YamlReader(Reading& reading) : reading_(reading), text_(reading.text()) {}

  std::vector<Node> documents() {
    std::size_t base = reading_.start();
    std::size_t broken = 0;
    // The parser would look for the last bracket's end before it tells of the first.
    if (const auto deep = hopeless_nesting(text_, base, 16 * max_depth)) {
      (void)reading_.nest(reading_.span(*deep, *deep + 1), 16 * max_depth);
      return {};
    }
    while (base < text_.size() && broken < max_broken) {
      const std::optional<std::size_t> mistake = read_from(base);
      if (!mistake) break;
      ++broken;
      base = next_document(text_, std::max(base, *mistake));
    }
    if (found_.empty() && blank_ && broken == 0)
      reading_.error(code("syntax"), Span{}, "the file holds nothing");
    return std::move(found_);
  }

 private:
  /// Reads documents until the end, or to the first mistake, of which it returns the place.
  std::optional<std::size_t> read_from(std::size_t base) {
    ViewBuffer buffer(text_.substr(base));
    std::istream stream(&buffer);
    std::size_t end = base;
    try {
      YAML::Parser parser(stream);
      while (true) {
        Handler handler(reading_, base);
        try {
          if (!parser.HandleNextDocument(handler)) return {};
        } catch (const YAML::Exception& mistake) {
          return explain(mistake, handler);
        } catch (const Stop&) {
          return reading_.exhausted() ? text_.size() : std::max(handler.tree.end(), handler.start);
        }
        if (!starts_document(end, handler.start, base)) return extra_content(handler.start);
        end = std::max(end, handler.tree.end());
        if (handler.tree.is_blank()) continue;
        blank_ = false;
        if (std::optional<Node> root = handler.tree.take()) found_.push_back(std::move(*root));
      }
    } catch (const YAML::Exception& mistake) {
      return explain(mistake, Handler(reading_, base));
    }
  }

  /// The parser takes whatever follows a complete value for a further document; it is one only
  /// after `---` or `...`.
  [[nodiscard]] bool starts_document(std::size_t end, std::size_t start, std::size_t base) const {
    if (end == base || start >= text_.size() || text_.substr(start).starts_with("---")) return true;
    return text_.substr(end, start - end).find("\n...") != std::string_view::npos;
  }

  std::size_t extra_content(std::size_t at) {
    reading_.error(code("syntax"), at, at + 1, "expected the end of the document, found more",
                   "check the quotes and the indentation");
    return at;
  }

  std::size_t explain(const YAML::Exception& mistake, const Handler& handler) {
    const std::size_t at = std::min(handler.offset(mistake.mark), text_.size());
    const auto say = [&](std::size_t where, std::string message, std::string_view hint) {
      reading_.error(code("syntax"), where, where + 1, std::move(message), std::string(hint));
      return at;
    };
    if (mistake.msg.starts_with(YAML::ErrorMsg::EOF_IN_SCALAR) || at >= text_.size())
      if (const auto quote = unclosed_quote(text_, handler.tree.end()))
        return say(*quote, "this string is never closed", "");
    if (at >= text_.size())
      if (const auto bracket = handler.tree.open_bracket())
        return say(*bracket, std::string("`") + text_[*bracket] + "` is never closed", "");
    if (const auto tab = indenting_tab(text_, at))
      return say(*tab, "a tab in the indentation", "indent with spaces");
    const std::size_t line_begin = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
    const bool within_line =
        text_.substr(line_begin, at - line_begin).find_first_not_of(" -") != std::string_view::npos;
    if (within_line && mistake.msg == YAML::ErrorMsg::END_OF_MAP)
      return say(at, "expected the end of the line after a value", "put the whole value in quotes");
    const auto known = std::ranges::find_if(
        wordings, [&](const Wording& wording) { return mistake.msg.starts_with(wording.theirs); });
    if (known == std::end(wordings)) return say(at, mistake.msg, "");
    if (const auto bracket = handler.tree.open_bracket(); bracket && known->hint.empty())
      return say(at, std::string(known->ours),
                 std::string("within the `") + text_[*bracket] + "` in line " +
                     std::to_string(reading_.line(*bracket)));
    return say(at, std::string(known->ours), known->hint);
  }

  Reading& reading_;
  std::string_view text_;
  std::vector<Node> found_;
  bool blank_ = true;
};

}  // namespace

std::vector<Node> read_yaml(Reading& reading) {
  return YamlReader(reading).documents();
}

}  // namespace ktstr::doc
