// SPDX-License-Identifier: GPL-2.0-only
#include "parse/merge.h"

#include <algorithm>

#include "schema/tree.h"

namespace ktstr::parse {
namespace {

using doc::Member;
using doc::Node;
using schema::Type;

/// The type without what files do not show.
const Type* plain(const Type* type) {
  if (type == nullptr) return nullptr;
  if (const auto* optional = std::get_if<schema::OptionalShape>(&type->shape))
    return plain(&optional->value_type());
  return &schema::unboxed(*type);
}

const Type* type_of_member(const Type* type, std::string_view key) {
  if (type == nullptr) return nullptr;
  if (const auto* record = std::get_if<schema::RecordShape>(&type->shape)) {
    const auto field = std::ranges::find(record->fields, key, &schema::FieldType::name);
    return field == record->fields.end() ? nullptr : &field->type();
  }
  if (const auto* dict = std::get_if<schema::DictShape>(&type->shape)) return &dict->value_type();
  if (const auto* choice = std::get_if<schema::ChoiceShape>(&type->shape);
      choice != nullptr && choice->tagging == schema::Tagging::word)
    for (const schema::TypeRef alternative : choice->alternatives)
      if (schema::word_of(alternative()) == key) return &alternative();
  return nullptr;
}

const Type* type_of_item(const Type* type) {
  if (type == nullptr) return nullptr;
  const auto* list = std::get_if<schema::ListShape>(&type->shape);
  return list == nullptr ? nullptr : &list->item_type();
}

bool is_other_word(const Node& below, const Node& above, const Type* type) {
  const auto* choice = type == nullptr ? nullptr : std::get_if<schema::ChoiceShape>(&type->shape);
  if (choice == nullptr || choice->tagging != schema::Tagging::word) return false;
  return below.members.size() != 1 || above.members.size() != 1 ||
         below.members[0].key != above.members[0].key;
}

const std::string* name_of(const Node& item) {
  const Node* name = item.find("name");
  return name != nullptr && name->kind == Node::Kind::text ? &name->text : nullptr;
}

bool has_names(const Node& list) {
  return list.kind == Node::Kind::list && !list.items.empty() &&
         std::ranges::all_of(list.items, [](const Node& item) { return name_of(item) != nullptr; });
}

}  // namespace

void merge(Node& below, Node above, const Type* type, const Conflict& conflict) {
  type = plain(type);
  if (below.kind == Node::Kind::map && above.kind == Node::Kind::map &&
      !is_other_word(below, above, type)) {
    for (Member& member : above.members) {
      const auto same = std::ranges::find(below.members, member.key, &Member::key);
      if (same == below.members.end()) {
        below.members.push_back(std::move(member));
        continue;
      }
      merge(same->value, std::move(member.value), type_of_member(type, member.key), conflict);
      same->key_span = member.key_span;  // The value's file is now that of `above`, too.
    }
    below.span = above.span;
    below.file = above.file;
    return;
  }
  if (has_names(below) && has_names(above)) {
    for (Node& item : above.items) {
      const auto same = std::ranges::find_if(
          below.items, [&](const Node& other) { return *name_of(other) == *name_of(item); });
      if (same == below.items.end())
        below.items.push_back(std::move(item));
      else
        merge(*same, std::move(item), type_of_item(type), conflict);
    }
    below.span = above.span;
    below.file = above.file;
    return;
  }
  if (!same_value(below, above)) conflict(below, above);
  below = std::move(above);
}

}  // namespace ktstr::parse
