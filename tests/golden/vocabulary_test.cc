// SPDX-License-Identifier: GPL-2.0-only
// Which shipped scenarios use which word of the language: docs/vocabulary.md. Each word is in one.
// What only the gauntlet would read does not count.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>

#include "claims/language.h"
#include "claims/type.h"
#include "cli/load.h"
#include "ir/scenario.h"
#include "parse/claim_parser.h"
#include "schema/tree.h"
#include "schema/walk.h"
#include "support/golden.h"

using namespace ktstr;

namespace {

/// Of what kind it is, and itself.
using Word = std::pair<std::string, std::string>;

/// Choices whose every alternative, and records whose every field, is a word.
constexpr std::string_view choices[] = {"work",     "op",     "phase",     "cpuset",
                                        "affinity", "policy", "mem_policy"};
constexpr std::string_view records[] = {"cgroup", "checks"};
/// It is on by default, and nothing that ships makes the kernel complain on purpose.
constexpr std::pair<std::string_view, std::string_view> never_said = {"checks", "kernel_log"};
constexpr std::string_view negated = "x is not …", either = "when … or …";

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// What the reference tells predicates apart by.
std::pair<std::size_t, int> key_of(const ir::Predicate& predicate) {
  int which = 0;
  if (const auto* compare = std::get_if<ir::Compare>(&predicate))
    which = static_cast<int>(compare->relation);
  if (const auto* is = std::get_if<ir::Is>(&predicate)) which = static_cast<int>(is->quality);
  return {predicate.index(), which};
}

class Vocabulary {
 public:
  Vocabulary() {
    for (const claims::LanguagePart& part : claims::predicates()) {
      Diagnostics ignored;
      const auto claim = parse::parse_claim(std::string(part.example), {}, ignored);
      forms_[key_of(claim.value().comparison.predicate)] = part.form;
    }
    demand("predicate", claims::predicates());
    demand("predicate", negated);
    demand("modifier", claims::modifiers());
    demand("modifier", either);
    demand("function", claims::functions());
    demand(schema::type_of<ir::Scenario>());
  }

  void add(const std::string& name, const ir::Scenario& scenario) {
    name_ = name;
    schema::walk({schema::type_of<ir::Scenario>(), &scenario},
                 [&](schema::ConstRef value, const schema::Site& site) {
                   if (site.field != nullptr && site.field->name == "gauntlet")
                     return schema::Descend::no;
                   add(value);
                   return schema::Descend::yes;
                 });
  }

  /// Every word with the scenarios that use it, in the order of the reference.
  [[nodiscard]] const std::vector<Word>& words() const { return words_; }
  [[nodiscard]] const std::set<std::string>& users(const Word& word) const {
    return users_.at(word);
  }

 private:
  void demand(std::string_view kind, std::string_view word) {
    if (std::pair(kind, word) == never_said) return;
    const Word made(kind, word);
    if (users_.try_emplace(made).second) words_.push_back(made);
  }

  void demand(std::string_view kind, std::span<const claims::LanguagePart> parts) {
    for (const claims::LanguagePart& part : parts) demand(kind, part.form);
  }

  /// The words of a type and of what is in it.
  void demand(const schema::Type& type) {
    if (!seen_.insert(&type).second) return;
    if (const auto* optional = std::get_if<schema::OptionalShape>(&type.shape))
      demand(optional->value_type());
    if (const auto* list = std::get_if<schema::ListShape>(&type.shape)) demand(list->item_type());
    if (const auto* box = std::get_if<schema::BoxShape>(&type.shape)) demand(box->value_type());
    if (const auto* choice = std::get_if<schema::ChoiceShape>(&type.shape)) {
      for (const schema::TypeRef each : choice->alternatives) {
        if (is_in(choices, type.name)) demand(type.name, schema::word_of(each()));
        demand(each());
      }
    }
    if (const auto* record = std::get_if<schema::RecordShape>(&type.shape)) {
      for (const schema::FieldType& field : record->fields) {
        if (is_in(records, type.name) && !field.name.empty()) demand(type.name, field.name);
        demand(field.type());
      }
    }
  }

  void use(std::string_view kind, std::string_view word) {
    const auto found = users_.find({std::string(kind), std::string(word)});
    if (found != users_.end()) found->second.insert(name_);
  }

  void add(schema::ConstRef value) {
    const schema::Type& type = *value.type;
    if (&type == &schema::type_of<ir::Claim>()) add(*static_cast<const ir::Claim*>(value.data));
    void* data = schema::readable(value.data);
    if (const auto* choice = std::get_if<schema::ChoiceShape>(&type.shape))
      use(type.name, schema::word_of(choice->alternatives[choice->index(data)]()));
    if (const auto* record = std::get_if<schema::RecordShape>(&type.shape))
      for (const schema::FieldType& field : record->fields)
        if (!field.type().equal(field.get(data), field.get(schema::readable(type.fresh()))))
          use(type.name, field.name);
  }

  void add(const ir::ClaimExpr& expr) {
    if (const auto* call = std::get_if<schema::Box<ir::Call>>(&expr)) {
      use("function", schema::word_of((*call)->function));
      for (const ir::ClaimExpr& argument : (*call)->arguments) add(argument);
    }
    if (const auto* arithmetic = std::get_if<schema::Box<ir::Arithmetic>>(&expr))
      for (const ir::ClaimExpr& operand : (*arithmetic)->operands) add(operand);
  }

  void add(const ir::Comparison& comparison) {
    use("predicate", forms_.at(key_of(comparison.predicate)));
    if (const auto* is = std::get_if<ir::Is>(&comparison.predicate); is && is->negated)
      use("predicate", negated);
    add(comparison.subject);
    for (const ir::ClaimExpr* operand : claims::operands_of(comparison.predicate)) add(*operand);
  }

  void add(const ir::Claim& claim) {
    add(claim.comparison);
    if (claim.sustained)
      use("modifier", claim.sustained->index() == 0 ? "sustained N samples" : "sustained T");
    if (claim.ignoring_first) use("modifier", "ignoring first T");
    if (claim.least_samples) use("modifier", "with at least N samples");
    if (claim.expect_fail) use("modifier", "expect fail");
    if (!claim.when) return;
    use("modifier", "when CONDITION");
    add(claim.when->first);
    for (const auto& [joint, comparison] : claim.when->rest) {
      if (joint == ir::Joint::either) use("modifier", either);
      add(comparison);
    }
  }

  std::map<std::pair<std::size_t, int>, std::string> forms_;
  std::set<const schema::Type*> seen_;
  std::vector<Word> words_;
  std::map<Word, std::set<std::string>> users_;
  std::string name_;
};

std::string page_of(const Vocabulary& vocabulary) {
  constexpr std::size_t most = 3;
  std::string out =
      "# Where each word is used\n\nEvery word of the language with the shipped scenarios that use "
      "it; [tested.md](tested.md) says what they\ncame to.\n\n| | word | scenarios "
      "|\n|---|---|---|\n";
  for (const Word& word : vocabulary.words()) {
    std::string names;
    std::size_t count = 0;
    for (const std::string& name : vocabulary.users(word))
      if (count++ < most) names += (names.empty() ? "" : ", ") + name;
    if (count > most) names += fmt::format(" and {} more", count - most);
    out += fmt::format("| {} | `{}` | {} |\n", word.first, word.second, names);
  }
  return out;
}

}  // namespace

TEST_CASE(
    "every word of the language is in a shipped scenario, and docs/vocabulary.md says where") {
  const parse::Loaded loaded = cli::load({source_file("scenarios")});
  REQUIRE(loaded.diagnostics.ok());
  Vocabulary vocabulary;
  for (const parse::LoadedScenario& each : loaded.scenarios)
    vocabulary.add(each.stem.substr(0, each.stem.rfind('/') + 1) + each.scenario.name,
                   each.scenario);
  for (const Word& word : vocabulary.words()) {
    INFO(word.first << " " << word.second);
    CHECK_FALSE(vocabulary.users(word).empty());
  }
  check_golden("docs/vocabulary.md", page_of(vocabulary));
}
