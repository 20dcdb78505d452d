// SPDX-License-Identifier: GPL-2.0-only
#include "parse/load.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <span>

#include "parse/extends.h"
#include "parse/include.h"
#include "parse/reader.h"
#include "parse/rules.h"

namespace ktstr::parse {
namespace {

/// Mistakes of claims, on which nothing else of a scenario depends.
constexpr Code of_claims[] = {code("claim_syntax"), code("unknown_metric"), code("bad_pattern")};

/// Mistakes that lose no name which something else may refer to.
constexpr Code of_values[] = {code("bad_value"), code("out_of_range"), code("bad_expression"),
                              code("unknown_key")};

/// Whether all that was said is among those of the given codes.
bool only(const Diagnostics& diagnostics, std::initializer_list<std::span<const Code>> codes) {
  return diagnostics.dropped() == 0 &&
         std::ranges::all_of(diagnostics.all(), [&](const Diagnostic& each) {
           return std::ranges::any_of(codes, [&](std::span<const Code> some) {
             return std::ranges::find(some, each.code) != some.end();
           });
         });
}

LoadedScenario load_draft(Draft draft, const std::string& stem, bool alone,
                          Diagnostics& diagnostics) {
  const Tree& tree = draft.tree;
  Diagnostics& own = draft.diagnostics;
  LoadedScenario out;
  out.stem = stem;
  out.source = tree.files[0];
  const bool all_parts = read(tree, schema::ref_to(out.scenario), out.map, own);
  const bool is_named = tree.root.find("name") != nullptr;
  if (!is_named && alone) out.scenario.name = stem.substr(stem.rfind('/') + 1);
  if (!is_named && !alone)
    own.add({code("missing_key"), tree.place(tree.root), "`name` is missing",
             "a file of several documents needs a name in each"});
  out.complete = all_parts && only(own, {of_claims, of_values});
  check_rules({out.scenario, out.map, out.complete}, own);
  out.sound = only(own, {of_claims});
  own.sort();
  diagnostics.append(own);
  return out;
}

/// Whether the document is there for others to extend, and is no scenario to run.
bool is_base(const Draft& draft) {
  const doc::Node* name = draft.tree.root.find("name");
  return name != nullptr && name->text.starts_with('_');
}

void check_names(const std::vector<LoadedScenario>& scenarios, Diagnostics& diagnostics) {
  std::map<std::string, const LoadedScenario*> seen;
  for (const LoadedScenario& each : scenarios) {
    if (each.scenario.name.empty()) continue;
    const auto [first, is_new] = seen.emplace(each.scenario.name, &each);
    if (!is_new)
      diagnostics.add({code("duplicate_name"), each.map.find("name"),
                       "two scenarios of this file are called `" + each.scenario.name + "`",
                       "the first is at " + to_text(first->second->map.find("name"))});
  }
}

Loaded load_documents(std::vector<doc::Document> documents, const std::string& stem,
                      Diagnostics diagnostics) {
  Loaded out{{}, std::move(diagnostics)};
  const bool alone = documents.size() == 1;
  const schema::Type& type = schema::type_of<ir::Scenario>();
  std::vector<Draft> drafts;
  for (doc::Document& document : documents) {
    if (document.root.kind != doc::Node::Kind::map) {
      out.diagnostics.add({code("wrong_type"),
                           {document.source, document.root.span},
                           "a scenario is a map of keys such as `name` and `steps`, found " +
                               std::string(name(document.root.kind))});
      continue;
    }
    Diagnostics own;
    Tree tree = resolve_includes(std::move(document), type, own);
    drafts.push_back({std::move(tree), std::move(own)});
  }
  resolve_extends(drafts, type);
  for (Draft& draft : drafts) {
    if (is_base(draft))
      out.diagnostics.append(draft.diagnostics);
    else
      out.scenarios.push_back(load_draft(std::move(draft), stem, alone, out.diagnostics));
  }
  check_names(out.scenarios, out.diagnostics);
  return out;
}

}  // namespace

Loaded load(const std::string& path, const std::string& stem) {
  Diagnostics diagnostics;
  std::vector<doc::Document> documents = doc::load(path, diagnostics);
  if (documents.empty() && diagnostics.ok()) {
    Diagnostic empty{code("wrong_type"), {}, "the file holds no scenario"};
    empty.place.source = std::make_shared<const Source>(Source{path, ""});
    diagnostics.add(std::move(empty));
  }
  return load_documents(std::move(documents), stem, std::move(diagnostics));
}

Loaded load_text(const std::shared_ptr<const Source>& source, doc::Format format,
                 const std::string& stem) {
  Diagnostics diagnostics;
  std::vector<doc::Document> documents = doc::parse(source, format, diagnostics);
  return load_documents(std::move(documents), stem, std::move(diagnostics));
}

}  // namespace ktstr::parse
