// SPDX-License-Identifier: GPL-2.0-only
#include "parse/include.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "parse/merge.h"

namespace ktstr::parse {
namespace {

namespace fs = std::filesystem;
using doc::Member;
using doc::Node;

void set_file(Node& node, std::uint32_t file) {
  node.file = file;
  for (Node& item : node.items) set_file(item, file);
  for (Member& member : node.members) set_file(member.value, file);
}

std::string identity(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

class Includer {
 public:
  Includer(Tree& tree, const schema::Type& type, Diagnostics& diagnostics)
      : tree_(tree), type_(type), diagnostics_(diagnostics) {}

  /// Takes the `include` out of `root` and lays `root` over what it names.
  void resolve(Node& root) {
    const auto key = std::ranges::find(root.members, "include", &Member::key);
    if (root.kind != Node::Kind::map || key == root.members.end()) return;
    const Node include = std::move(key->value);
    root.members.erase(key);

    Node base;
    bool has_base = false;
    for (const Node* path : paths(include)) {
      std::optional<Node> included = load(*path);
      if (!included) continue;
      if (!has_base) {
        base = std::move(*included);
        has_base = true;
      } else {
        merge(base, std::move(*included), &type_, [&](const Node& first, const Node& second) {
          diagnostics_.add({code("bad_include"), tree_.place(second),
                            "two includes give this differently",
                            "the other is at " + to_text(tree_.place(first))});
        });
      }
    }
    if (!has_base) return;
    merge(base, std::move(root), &type_, [](const Node&, const Node&) {});
    root = std::move(base);
  }

  void open(const std::string& path) { open_.push_back(identity(path)); }

 private:
  void wrong(const Node& at, std::string message, std::string hint = {}) {
    diagnostics_.add({code("bad_include"), tree_.place(at), std::move(message), std::move(hint)});
  }

  std::vector<const Node*> paths(const Node& include) {
    std::vector<const Node*> out;
    if (include.kind != Node::Kind::list) out.push_back(&include);
    for (const Node& item : include.items) out.push_back(&item);
    std::erase_if(out, [&](const Node* path) {
      const bool is_path = path->kind == Node::Kind::text && !path->text.empty();
      if (!is_path)
        diagnostics_.add({code("wrong_type"), tree_.place(*path),
                          "`include` takes the path of a file, or a list of them"});
      return !is_path;
    });
    return out;
  }

  std::optional<Node> load(const Node& written) {
    const fs::path from = tree_.files[written.file]->name;
    const std::string path = (from.parent_path() / written.text).lexically_normal().string();
    const std::string self = identity(path);
    if (std::ranges::count(open_, self) > 0) {
      wrong(written, "`" + written.text + "` includes itself");
      return std::nullopt;
    }
    if (open_.size() >= deepest_include || tree_.files.size() > most_includes) {
      wrong(written, "too many includes",
            "at most " + std::to_string(deepest_include) + " inside each other and " +
                std::to_string(most_includes) + " in all");
      return std::nullopt;
    }
    std::vector<doc::Document> documents = read(written, path);
    if (documents.empty()) return std::nullopt;
    const bool several = documents.size() > 1;
    const auto fits = [&](const doc::Document& document) {
      return document.root.kind == Node::Kind::map &&
             (!several || document.root.find("name") != nullptr);
    };
    if (!std::ranges::all_of(documents, fits)) {
      wrong(written, "`" + written.text + "` must hold one map, or several with a `name` each");
      return std::nullopt;
    }
    const auto file = static_cast<std::uint32_t>(tree_.files.size());
    tree_.files.push_back(documents[0].source);
    open_.push_back(self);
    for (doc::Document& document : documents) {
      set_file(document.root, file);
      resolve(document.root);
    }
    open_.pop_back();
    if (!several) return std::move(documents[0].root);
    for (doc::Document& document : documents) tree_.others.push_back(std::move(document.root));
    return std::nullopt;
  }

  /// A file that cannot be opened at all is the fault of the include, not of the file.
  std::vector<doc::Document> read(const Node& written, const std::string& path) {
    Diagnostics inner;
    std::vector<doc::Document> documents = doc::load(path, inner);
    for (const Diagnostic& each : inner.all()) {
      if (each.code == code("unreadable"))
        wrong(written, "cannot include `" + written.text + "`: " + each.message, each.hint);
      else
        diagnostics_.add(each);
    }
    if (documents.empty() && inner.ok()) wrong(written, "`" + written.text + "` is empty");
    return documents;
  }

  Tree& tree_;
  const schema::Type& type_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_{};  ///< The files around the one that is read.
};

}  // namespace

Tree resolve_includes(doc::Document document, const schema::Type& type, Diagnostics& diagnostics) {
  Tree tree{{}, {document.source}};
  Node root = std::move(document.root);
  Includer includer(tree, type, diagnostics);
  includer.open(document.source->name);
  includer.resolve(root);
  tree.root = std::move(root);
  return tree;
}

}  // namespace ktstr::parse
