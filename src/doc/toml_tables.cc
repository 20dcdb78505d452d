// SPDX-License-Identifier: GPL-2.0-only
// Tables under construction.
#include "doc/toml_tables.h"

#include "base/overload.h"

namespace ktstr::doc {

using Made = TomlTable::Made;

TomlTable::Entry* TomlTable::find(const std::string& key) {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &entries[found->second];
}

TomlTable::Entry& TomlTable::add(KeyPart key,
                                 std::variant<Node, std::unique_ptr<TomlTable>, Array> value) {
  index.emplace(key.text, entries.size());
  return entries.emplace_back(Entry{std::move(key), std::move(value)});
}

std::unique_ptr<TomlTable> TomlWalk::table(std::size_t depth, Made made, Span span) {
  if (reading_.nest(span, depth) && reading_.charge(span, 1, 0))
    return std::make_unique<TomlTable>(TomlTable{made, span, depth});
  stopped_ = true;
  return nullptr;
}

TomlTable* TomlWalk::child(TomlTable& parent, const KeyPart& key, Made made, Span span) {
  std::unique_ptr<TomlTable> made_table = table(parent.depth + 1, made, span);
  TomlTable* raw = made_table.get();
  if (raw != nullptr) parent.add(key, std::move(made_table));
  return raw;
}

TomlTable* TomlWalk::element(TomlTable::Array& array, std::size_t depth, Span span) {
  std::unique_ptr<TomlTable> made = table(depth, Made::header, span);
  if (!made) return nullptr;
  return array.emplace_back(std::move(made)).get();
}

TomlTable* TomlWalk::dotted(TomlTable& from, const KeyPath& path) {
  TomlTable* at = &from;
  for (std::size_t i = 0; i + 1 < path.size() && at != nullptr; ++i) {
    TomlTable::Entry* entry = at->find(path[i].text);
    if (entry == nullptr) {
      at = child(*at, path[i], Made::dotted, path[i].span);
      continue;
    }
    const auto* next = std::get_if<std::unique_ptr<TomlTable>>(&entry->value);
    if (next == nullptr || (*next)->made == Made::header) {
      reading_.duplicate(path[i].text, path[i].span, entry->key.span);
      return nullptr;
    }
    at = next->get();
  }
  return at;
}

TomlTable* TomlWalk::header(TomlTable& root, const KeyPath& path, bool array, Span span) {
  TomlTable* at = &root;
  for (std::size_t i = 0; i + 1 < path.size() && at != nullptr; ++i) {
    TomlTable::Entry* entry = at->find(path[i].text);
    if (entry == nullptr) {
      at = child(*at, path[i], Made::implicit, path[i].span);
    } else if (auto* next = std::get_if<std::unique_ptr<TomlTable>>(&entry->value)) {
      at = next->get();
    } else if (auto* list = std::get_if<TomlTable::Array>(&entry->value)) {
      at = list->back().get();
    } else {
      reading_.duplicate(path[i].text, path[i].span, entry->key.span);
      return nullptr;
    }
  }
  if (at == nullptr) return nullptr;

  const KeyPart& last = path.back();
  TomlTable::Entry* entry = at->find(last.text);
  if (entry == nullptr) {
    if (!array) return child(*at, last, Made::header, span);
    TomlTable::Array fresh;
    TomlTable* first = nullptr;
    if (reading_.charge(span, 1, 0)) first = element(fresh, at->depth + 2, span);
    stopped_ |= first == nullptr;
    if (first != nullptr) at->add(last, std::move(fresh));
    return first;
  }
  if (auto* list = std::get_if<TomlTable::Array>(&entry->value); list != nullptr && array)
    return element(*list, at->depth + 2, span);
  if (auto* known = std::get_if<std::unique_ptr<TomlTable>>(&entry->value);
      known != nullptr && !array && (*known)->made == Made::implicit) {
    (*known)->made = Made::header;
    (*known)->span = span;
    return known->get();
  }
  reading_.duplicate(last.text, last.span, entry->key.span);
  return nullptr;
}

Node to_node(TomlTable&& table) {
  Node map{.kind = Node::Kind::map, .span = table.span};
  map.members.reserve(table.entries.size());
  for (TomlTable::Entry& entry : table.entries) {
    Node value = std::visit(
        Overload{[](Node& node) { return std::move(node); },
                 [](std::unique_ptr<TomlTable>& child) { return to_node(std::move(*child)); },
                 [](TomlTable::Array& array) {
                   Node list{.kind = Node::Kind::list, .span = array.front()->span};
                   list.items.reserve(array.size());
                   for (auto& element : array) list.items.push_back(to_node(std::move(*element)));
                   return list;
                 }},
        entry.value);
    map.members.push_back({std::move(entry.key.text), entry.key.span, std::move(value)});
  }
  return map;
}

}  // namespace ktstr::doc
