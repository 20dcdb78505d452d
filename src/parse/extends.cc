// SPDX-License-Identifier: GPL-2.0-only
#include "parse/extends.h"

#include <algorithm>
#include <map>
#include <string>

#include "parse/merge.h"

namespace ktstr::parse {
namespace {

using doc::Member;
using doc::Node;

/// Scenarios that build upon each other.
constexpr std::size_t deepest_extends = 16;

std::string_view name_of(const Node& root) {
  const Node* name = root.find("name");
  return name != nullptr ? std::string_view(name->text) : std::string_view();
}

/// Takes a key out of a map.
std::optional<Node> take(Node& root, std::string_view key) {
  const auto found = std::ranges::find(root.members, key, &Member::key);
  if (found == root.members.end()) return std::nullopt;
  Node out = std::move(found->value);
  root.members.erase(found);
  return out;
}

void move_files(Node& node, std::uint32_t by) {
  node.file += by;
  for (Node& item : node.items) move_files(item, by);
  for (Member& member : node.members) move_files(member.value, by);
}

/// The file's documents as they were written, by name.
using Written = std::map<std::string_view, const Draft*>;

/// One document and what it may build upon: those, and the scenarios that its own includes offer.
class Extender {
 public:
  Extender(Draft& draft, const Written& written, const schema::Type& type)
      : draft_(draft), written_(written), type_(type) {}

  void resolve(Node& root) {
    std::vector<std::string> chain{std::string(name_of(root))};
    resolve(root, chain);
  }

 private:
  void resolve(Node& root, std::vector<std::string>& chain) {
    const std::optional<Node> key = take(root, "extends");
    if (!key) return;
    if (key->kind != Node::Kind::text)
      return wrong(*key, code("wrong_type"), "`extends` takes the name of a scenario");
    if (std::ranges::find(chain, key->text) != chain.end())
      return wrong(*key, code("bad_extends"), "`" + key->text + "` would extend itself");
    if (chain.size() > deepest_extends)
      return wrong(
          *key, code("bad_extends"),
          "more than " + std::to_string(deepest_extends) + " scenarios build upon each other");
    std::optional<Node> base = copy_of(key->text);
    if (!base)
      return wrong(*key, code("bad_extends"), "there is no scenario `" + key->text + "` here",
                   suggestion(key->text, names()));
    chain.push_back(key->text);
    resolve(*base, chain);
    take(*base, "name");
    merge(*base, std::move(root), &type_, [](const Node&, const Node&) {});
    root = *std::move(base);
  }

  /// Of the file's own scenarios or the others'; its places are found in this document's tree.
  std::optional<Node> copy_of(const std::string& name) {
    if (const auto known = written_.find(name); known != written_.end()) {
      const Tree& other = known->second->tree;
      Node copy = other.root;
      move_files(copy, static_cast<std::uint32_t>(draft_.tree.files.size()));
      draft_.tree.files.insert(draft_.tree.files.end(), other.files.begin(), other.files.end());
      return copy;
    }
    const auto found = std::ranges::find(draft_.tree.others, name, name_of);
    if (found == draft_.tree.others.end()) return std::nullopt;
    return *found;
  }

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> out;
    for (const auto& [name, other] : written_) out.push_back(name);
    for (const Node& other : draft_.tree.others) out.push_back(name_of(other));
    std::erase(out, "");
    return out;
  }

  void wrong(const Node& at, Code code, std::string message, std::string hint = {}) {
    draft_.diagnostics.add({code, draft_.tree.place(at), std::move(message), std::move(hint)});
  }

  Draft& draft_;
  const Written& written_;
  const schema::Type& type_;
};

}  // namespace

void resolve_extends(std::vector<Draft>& drafts, const schema::Type& type) {
  const bool any = std::ranges::any_of(
      drafts, [](const Draft& draft) { return draft.tree.root.find("extends") != nullptr; });
  if (!any) return;
  const std::vector<Draft> copies = drafts;
  Written written;
  for (const Draft& copy : copies) written.try_emplace(name_of(copy.tree.root), &copy);
  for (Draft& draft : drafts) Extender(draft, written, type).resolve(draft.tree.root);
}

}  // namespace ktstr::parse
