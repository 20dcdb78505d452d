// SPDX-License-Identifier: GPL-2.0-only
// Vars may use each other in any order that has no circle.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ir/variables.h"
#include "parse/expression.h"
#include "parse/rules.h"
#include "schema/walk.h"

namespace ktstr::parse {
namespace {

void collect_names(const ir::Expr& expr, std::set<std::string>& out) {
  if (const auto* name = std::get_if<std::string>(&expr.node)) out.insert(*name);
  if (const auto* operation = std::get_if<ir::Operation>(&expr.node))
    for (const ir::Expr& operand : operation->operands) collect_names(operand, out);
}

std::set<std::string> names_in(const ir::Expr& expr) {
  std::set<std::string> out;
  collect_names(expr, out);
  return out;
}

class Names {
 public:
  Names(const ir::Scenario& scenario, Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    known_.assign(ir::topology_variables.begin(), ir::topology_variables.end());
    for (const auto& [name, value] : scenario.vars) known_.push_back(name);
  }

  void check(const ir::Expr& expr, const Place& place, bool repeated) {
    for (const std::string& name : names_in(expr)) {
      if (std::ranges::find(known_, name) != known_.end()) continue;
      const bool is_repetition = name == ir::repetition_variable;
      if (is_repetition && repeated) continue;
      diagnostics_.add({code("unknown_name"), place_of_name(name, place),
                        "`" + name + "` is neither a number of the topology nor one of `vars`",
                        is_repetition ? "`i` exists only in a cgroup with `for_each`"
                                      : suggestion(name, known_)});
    }
  }

 private:
  Diagnostics& diagnostics_;
  std::vector<std::string_view> known_;
};

/// Every expression, each with whether it stands in a cgroup that is repeated.
void check_names(const Ruled& ruled, Diagnostics& diagnostics) {
  Names names(ruled.scenario, diagnostics);
  std::vector<std::string> repeated;  // Paths of cgroups with for_each.
  schema::walk(schema::cref_to(ruled.scenario), [&](schema::ConstRef value,
                                                    const schema::Site& site) {
    if (value.type == &schema::type_of<ir::Cgroup>() &&
        static_cast<const ir::Cgroup*>(value.data)->for_each)
      repeated.push_back(site.path.text() + ".");
    if (value.type == &schema::type_of<ir::DefineCgroup>() &&
        static_cast<const ir::DefineCgroup*>(value.data)->cgroup.for_each)
      repeated.push_back(site.path.text() + ".");
    const auto* deferred = std::get_if<schema::DeferredShape>(&value.type->shape);
    if (deferred == nullptr || deferred->resolved(value.data)) return schema::Descend::yes;
    const std::string path = site.path.text();
    const bool is_repeated =
        !path.ends_with(".for_each") &&
        std::ranges::any_of(repeated, [&](const auto& prefix) { return path.starts_with(prefix); });
    names.check(*static_cast<const ir::Expr*>(deferred->expression(schema::readable(value.data))),
                ruled.map.find(path), is_repeated);
    return schema::Descend::yes;
  });
}

bool is_word(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

/// Bounds how deep vars can use each other.
constexpr std::size_t most_vars = 256;

void check_var_names(const Ruled& ruled, Diagnostics& diagnostics) {
  if (ruled.scenario.vars.size() > most_vars)
    diagnostics.add({code("out_of_range"), ruled.map.find_key("vars"),
                     "a scenario may have at most " + std::to_string(most_vars) + " vars"});
  for (const auto& [name, value] : ruled.scenario.vars) {
    const Place place = ruled.map.find_key(schema::Path(schema::Path({}, "vars"), name).text());
    if (ir::is_reserved(name))
      diagnostics.add({code("reserved_name"), place,
                       "`" + name + "` already has a meaning, no var may be called so"});
    else if (!is_word(name))
      diagnostics.add({code("bad_value"), place, "`" + name + "` cannot be the name of a var",
                       "letters, digits and `_`, not beginning with a digit"});
  }
}

/// Depth first through the vars that a var uses; says the first circle it meets.
class Circles {
 public:
  Circles(const Ruled& ruled, Diagnostics& diagnostics)
      : ruled_(ruled), diagnostics_(diagnostics) {}

  void visit(const std::string& name) {
    const auto var = ruled_.scenario.vars.find(name);
    if (var == ruled_.scenario.vars.end() || done_.contains(name) || var->second.resolved()) return;
    if (const auto start = std::ranges::find(open_, name); start != open_.end()) {
      std::string circle;
      for (auto each = start; each != open_.end(); ++each) circle += "`" + *each + "` uses ";
      diagnostics_.add({code("conflict"),
                        ruled_.map.find(schema::Path(schema::Path({}, "vars"), name).text()),
                        "vars in a circle: " + circle + "`" + name + "`"});
      return;
    }
    open_.push_back(name);
    for (const std::string& used : names_in(std::get<ir::Expr>(var->second.value))) visit(used);
    open_.pop_back();
    done_.insert(name);
  }

 private:
  const Ruled& ruled_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_{};
  std::set<std::string> done_{};
};

}  // namespace

void check_expressions(const Ruled& ruled, Diagnostics& diagnostics) {
  check_var_names(ruled, diagnostics);
  check_names(ruled, diagnostics);
  if (ruled.scenario.vars.size() > most_vars) return;
  Circles circles(ruled, diagnostics);
  for (const auto& [name, value] : ruled.scenario.vars) circles.visit(name);
}

}  // namespace ktstr::parse
