// SPDX-License-Identifier: GPL-2.0-only
#include "schema/markdown.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/overload.h"
#include "schema/example.h"
#include "schema/facts.h"
#include "schema/print.h"

namespace ktstr::schema {

namespace {

struct Section {
  std::size_t page;
  std::string anchor;
};

std::string slug(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-')
      out += static_cast<char>(std::tolower(byte));
    if (c == ' ') out += '-';
  }
  return out;
}

/// Text within a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  if (text.empty()) return {};
  if (text.find('`') == text.npos) return "`" + std::string(text) + "`";
  return "`` " + std::string(text) + " ``";
}

/// Whether readers need a section to understand the type; its name says all of the others.
bool deserves_section(const Type& type) {
  const Shape& shape = type.shape;
  return !type.name.empty() && !is_fieldless(type) &&
         (std::holds_alternative<ScalarShape>(shape) ||
          std::holds_alternative<RecordShape>(shape) ||
          std::holds_alternative<EnumerationShape>(shape) ||
          std::holds_alternative<ChoiceShape>(shape));
}

std::vector<const Type*> parts_of(const Type& type) {
  using Parts = std::vector<const Type*>;
  return std::visit(Overload{
                        [](const BooleanShape&) { return Parts{}; },
                        [](const NumberShape&) { return Parts{}; },
                        [](const TextShape&) { return Parts{}; },
                        [](const IntegerShape&) { return Parts{}; },
                        [](const ScalarShape&) { return Parts{}; },
                        [](const EnumerationShape&) { return Parts{}; },
                        [](const DeferredShape& shape) { return Parts{&shape.literal_type()}; },
                        [](const OptionalShape& shape) { return Parts{&shape.value_type()}; },
                        [](const ListShape& shape) { return Parts{&shape.item_type()}; },
                        [](const DictShape& shape) { return Parts{&shape.value_type()}; },
                        [](const BoxShape& shape) { return Parts{&shape.value_type()}; },
                        [](const RecordShape& shape) {
                          Parts out;
                          for (const FieldType& field : shape.fields) out.push_back(&field.type());
                          return out;
                        },
                        [](const ChoiceShape& shape) {
                          Parts out;
                          for (const TypeRef each : shape.alternatives) out.push_back(&each());
                          return out;
                        },
                    },
                    type.shape);
}

class Book {
 public:
  explicit Book(std::span<const PageSpec> pages) : pages_(pages) {
    for (std::size_t page = 0; page < pages.size(); ++page) {
      contents_.emplace_back();
      anchors_.emplace_back().insert(slug(pages[page].title));
      listed_.insert(pages[page].types.begin(), pages[page].types.end());
    }
    for (std::size_t page = 0; page < pages.size(); ++page)
      for (const Type* type : pages[page].types) assign(*type, page);
  }

  Page page(std::size_t index) {
    current_ = index;
    out_ = "# " + std::string(pages_[index].title) + "\n";
    paragraph(pages_[index].intro);
    for (const Type* type : contents_[index]) section(*type);
    return {std::string(pages_[index].file), std::move(out_)};
  }

 private:
  void assign(const Type& type, std::size_t page) {
    if (!met_.insert(&type).second) return;
    if (const auto* choice = std::get_if<ChoiceShape>(&type.shape);
        choice != nullptr && choice->tagging == Tagging::word)
      for (const TypeRef each : choice->alternatives) told_by_word_.insert(&unboxed(each()));
    if (deserves_section(type)) {
      std::string anchor = slug(type.name);
      for (unsigned n = 1; !anchors_[page].insert(anchor).second; ++n)
        anchor = slug(type.name) + "-" + std::to_string(n);
      sections_[&type] = {page, anchor};
      contents_[page].push_back(&type);
    }
    for (const Type* part : parts_of(type))
      if (!listed_.contains(part)) assign(*part, page);
  }

  void paragraph(std::string_view text) {
    if (!text.empty()) out_ += "\n" + std::string(text) + "\n";
  }

  void row(const std::vector<std::string>& cells) {
    for (const std::string& each : cells) out_ += each.empty() ? "| " : "| " + cell(each) + " ";
    out_ += "|\n";
  }

  void table(const std::vector<std::string>& head) {
    out_ += '\n';
    row(head);
    for (std::size_t i = 0; i < head.size(); ++i) out_ += "|---";
    out_ += "|\n";
  }

  std::string link(const Type& type) const {
    const auto found = sections_.find(&type);
    if (found == sections_.end()) return std::string(type.name);
    const auto& [page, anchor] = found->second;
    const std::string file = page == current_ ? "" : std::string(pages_[page].file);
    return "[" + std::string(type.name) + "](" + file + "#" + anchor + ")";
  }

  /// The type in words, with links: `list of [cgroup](#cgroup)`.
  std::string words(const Type& type) const {
    if (sections_.contains(&type)) return link(type);
    const std::string name(type.name);
    return std::visit(
        Overload{
            [&](const BooleanShape&) { return name; },
            [&](const NumberShape&) { return name; },
            [&](const TextShape&) { return name; },
            [&](const IntegerShape&) { return name; },
            [&](const ScalarShape&) { return name; },
            [&](const EnumerationShape& shape) { return one_of(shape); },
            [&](const RecordShape&) { return name; },
            [&](const ChoiceShape& shape) { return alternatives(shape); },
            [&](const DeferredShape& shape) {
              return words(shape.literal_type()) + " or expression";
            },
            [&](const OptionalShape& shape) { return words(shape.value_type()); },
            [&](const ListShape& shape) { return "list of " + words(shape.item_type()); },
            [&](const DictShape& shape) { return "map of names to " + words(shape.value_type()); },
            [&](const BoxShape& shape) { return words(shape.value_type()); },
        },
        type.shape);
  }

  static std::string one_of(const EnumerationShape& shape) {
    std::string out;
    for (const Word& word : shape.words) out += (out.empty() ? "" : ", ") + code(word.name);
    return out;
  }

  /// What stands for an alternative that is told by its shape.
  std::string form_of(const Type& type) const {
    return is_fieldless(type) ? code(word_of(type)) : words(type);
  }

  std::string alternatives(const ChoiceShape& shape) const {
    std::string out;
    for (const TypeRef each : shape.alternatives) {
      const std::string_view separator = out.empty()                         ? ""
                                         : each == shape.alternatives.back() ? " or "
                                                                             : ", ";
      out.append(separator).append(form_of(each()));
    }
    return out;
  }

  void section(const Type& type) {
    out_ += "\n## " + std::string(type.name) + "\n";
    paragraph(type.doc);
    std::visit(Overload{
                   [&](const ScalarShape& shape) { scalar_text(shape); },
                   [&](const EnumerationShape& shape) { enumeration_table(shape); },
                   [&](const RecordShape& shape) { record_table(type, shape); },
                   [&](const ChoiceShape& shape) { choice_table(shape); },
                   [](const auto&) {},  // Has no section.
               },
               type.shape);
  }

  void scalar_text(const ScalarShape& shape) {
    if (!shape.example.empty()) paragraph("Example: " + code(shape.example));
    if (!shape.pattern.empty()) paragraph("Pattern: " + code(shape.pattern));
  }

  void enumeration_table(const EnumerationShape& shape) {
    table({"word", "meaning"});
    for (const Word& word : shape.words) row({code(word.name), std::string(word.doc)});
  }

  void record_table(const Type& type, const RecordShape& shape) {
    if (shape.shorthand == Shorthand::scalar)
      paragraph("May be written as its " + code(shape.fields[0].name) + " alone.");
    if (shape.shorthand == Shorthand::list) {
      Node form = Node::list();
      for (const FieldType& field : shape.fields) form.items.push_back(Node::of_text(field.name));
      paragraph("May be written as a list: " + code(to_inline_yaml(form)));
    }
    if (told_by_word_.contains(&type))
      if (const std::optional<Node> example = example_of(type))
        paragraph("Example: " + code(to_inline_yaml(*example)));
    table({"key", "type", "default", "range", "meaning"});
    for (const FieldType& field : shape.fields) {
      const Node fallback = default_of(field, type);
      std::string meaning(field.doc);
      if (!field.example.empty())
        meaning += (meaning.empty() ? "Example: " : " Example: ") + code(field.example);
      row({code(field.name), words(field.type()),
           field.required                      ? "required"
           : fallback.kind == Node::Kind::null ? ""
                                               : code(to_inline_yaml(fallback)),
           range_text(field.type(), field.range), meaning});
    }
  }

  void choice_table(const ChoiceShape& shape) {
    const bool by_word = shape.tagging == Tagging::word;
    table({by_word ? "word" : "form", "meaning"});
    for (const TypeRef each : shape.alternatives) {
      const Type& type = unboxed(each());
      const std::string name =
          by_word && !sections_.contains(&type) ? code(type.name) : form_of(type);
      row({name, std::string(type.doc)});
    }
  }

  std::span<const PageSpec> pages_;
  std::set<const Type*> listed_;
  std::set<const Type*> met_;
  std::set<const Type*> told_by_word_;  ///< Alternatives of choices.
  std::vector<std::set<std::string>> anchors_;
  std::vector<std::vector<const Type*>> contents_;
  std::map<const Type*, Section> sections_;
  std::size_t current_ = 0;
  std::string out_;
};

}  // namespace

std::vector<Page> markdown(std::span<const PageSpec> pages) {
  Book book(pages);
  std::vector<Page> out;
  for (std::size_t i = 0; i < pages.size(); ++i) out.push_back(book.page(i));
  return out;
}

}  // namespace ktstr::schema
