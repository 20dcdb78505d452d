// SPDX-License-Identifier: GPL-2.0-only
#include "claims/check.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/glob.h"
#include "base/overload.h"
#include "claims/evaluate.h"
#include "claims/functions.h"
#include "claims/pattern.h"

namespace ktstr::claims {
namespace {

/// The name with `{i}` put in; itself where it has none.
std::string numbered(const std::string& name, const std::string& number) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hole; (hole = name.find("{i}", at)) != std::string::npos; at = hole + 3)
    out += name.substr(at, hole - at) + number;
  return out + name.substr(at);
}

/// Whether `wanted`, a name or glob, can be one of a scenario's cgroups. for_each goes over parts
/// of a machine, of which there are fewer than this.
bool can_be(const std::string& wanted, const std::string& name) {
  constexpr int parts = 1024;
  if (name.find("{i}") == std::string::npos) return glob_matches(wanted, name);
  for (int i = 0; i < parts; ++i)
    if (glob_matches(wanted, numbered(name, std::to_string(i)))) return true;
  return false;
}

std::vector<std::string_view> views(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

class Checker {
 public:
  Checker(const ir::Claim& claim, const ClaimScope& scope, const Place& place,
          Diagnostics& diagnostics)
      : claim_(claim), scope_(scope), place_(place), diagnostics_(diagnostics) {}

  void run() {
    const std::optional<Type> type = comparison(claim_.comparison);
    if (claim_.when) {
      comparison(claim_.when->first);
      for (const auto& [joint, condition] : claim_.when->rest) comparison(condition);
    }
    if (!type || type->over != Over::nothing) return;
    if (claim_.sustained) series_modifier("sustained");
    if (claim_.ignoring_first) series_modifier("ignoring");
  }

 private:
  void series_modifier(std::string_view word) {
    report({code("claim_type"), "`" + std::string(word) + "` needs a series",
            "series(a.iterations), or a.cpu_time@* for one value per step"},
           word);
  }

  /// At the first occurrence of `part` in the claim, which is its canonical text.
  void report(const TypeError& error, std::string_view part) {
    const std::size_t at = part.empty() ? std::string::npos : claim_.text.find(part);
    diagnostics_.add(
        {error.code,
         at == std::string::npos ? place_ : part_of(place_, claim_.text, at, part.size()),
         error.message, error.hint});
  }

  tl::expected<Resolved, TypeError> lookup(const ir::Selector& selector) const {
    const auto is_var = [&](const std::string& name) {
      return std::ranges::find(scope_.vars, name) != scope_.vars.end();
    };
    auto out = resolve(selector, {is_var, scope_.payloads});
    if (!out) return out;
    if (out->of == Resolved::Of::cgroups &&
        std::ranges::none_of(scope_.cgroups,
                             [&](const std::string& name) { return can_be(out->cgroup, name); }))
      return tl::unexpected(unknown_cgroup(*out, selector));
    const bool any_step = out->cut == Resolved::Cut::none || out->cut == Resolved::Cut::every;
    if (!any_step && std::ranges::none_of(scope_.steps, [&](const std::string& step) {
          return out->cut == Resolved::Cut::glob ? glob_matches(out->step, step)
                                                 : step == out->step;
        }))
      return tl::unexpected(TypeError{code("unknown_step"), "there is no step `" + out->step + "`",
                                      suggestion(out->step, views(scope_.steps))});
    return out;
  }

  [[nodiscard]] TypeError unknown_cgroup(const Resolved& resolved,
                                         const ir::Selector& selector) const {
    if (resolved.glob)
      return {code("unknown_cgroup"), "no cgroup matches `" + resolved.cgroup + "`"};
    if (selector.parts.size() == 1)
      return {code("unknown_metric"),
              "there is no cgroup, var or variable `" + resolved.cgroup + "`",
              suggestion(resolved.cgroup, views(scope_.cgroups))};
    return {code("unknown_cgroup"), "there is no cgroup `" + resolved.cgroup + "`",
            suggestion(resolved.cgroup, views(scope_.cgroups))};
  }

  /// Reports every selector that means nothing; else the first thing that does not fit.
  std::optional<Type> expression(const ir::ClaimExpr& expr) {
    const Lookup find = [this](const ir::Selector& selector) { return lookup(selector); };
    std::vector<Mention> mentions;
    collect(expr, mentions);
    bool known = true;
    for (const auto& [selector, sampled] : mentions) {
      const auto resolved = lookup(*selector);
      if (resolved) continue;
      known = false;
      report(resolved.error(), to_text(*selector));
    }
    if (scope_.topology != nullptr) known = parts_exist(expr) && known;
    if (!known) return std::nullopt;
    const Typed type = type_of(expr, find);
    if (type) return *type;
    report(type.error(), to_text(expr));
    return std::nullopt;
  }

  /// Whether the machine has every LLC and node that is named by its number.
  bool parts_exist(const ir::ClaimExpr& expr) {
    bool found = true;
    for_each_call(expr, [&](const ir::Call& call) {
      const bool part = call.function == ir::Function::llc || call.function == ir::Function::node;
      const auto* number = part ? std::get_if<ir::Quantity>(&call.arguments.at(0)) : nullptr;
      if (number == nullptr) return;
      const Datum cpus = part_of_machine(call.function, number->value, *scope_.topology);
      const auto* missing = std::get_if<Missing>(&cpus);
      if (missing == nullptr) return;
      report({code("bad_cpuset"), missing->reason},
             to_text(ir::ClaimExpr(schema::Box<ir::Call>(call))));
      found = false;
    });
    return found;
  }

  /// The subject's type; nullopt if something was reported.
  std::optional<Type> comparison(const ir::Comparison& comparison) {
    const std::optional<Type> subject = expression(comparison.subject);
    std::vector<Type> operands;
    bool sound = subject.has_value();
    Over over = sound ? subject->over : Over::nothing;
    for (const ir::ClaimExpr* operand : operands_of(comparison.predicate)) {
      const std::optional<Type> type = expression(*operand);
      sound = sound && type;
      if (type) operands.push_back(*type);
      if (type && type->over != Over::nothing) over = type->over;
    }
    if (const auto* matches = std::get_if<ir::Matches>(&comparison.predicate))
      if (const auto flaw = pattern_flaw(matches->pattern)) {
        report({code("bad_pattern"), *flaw}, "/" + matches->pattern + "/");
        sound = false;
      }
    if (!sound) return std::nullopt;
    if (const auto flaw = flaw_of(comparison.predicate, *subject, operands)) {
      report(*flaw, to_text(comparison.subject));
      return std::nullopt;
    }
    Type out = *subject;
    out.over = over;
    return out;
  }

  const ir::Claim& claim_;
  const ClaimScope& scope_;
  const Place& place_;
  Diagnostics& diagnostics_;
};

/// What the cgroups and ops of a program are called.
struct Names {
  std::set<std::string> cgroups{}, payloads{};

  void add(const std::vector<ir::Cgroup>& all) {
    for (const ir::Cgroup& cgroup : all) add(cgroup);
  }
  void add(const ir::Backdrop& backdrop) {
    add(backdrop.cgroups);
    add(backdrop.ops);
  }
  /// Gives the names of the steps.
  std::vector<std::string> add(const std::vector<ir::Step>& steps) {
    std::vector<std::string> out;
    for (const ir::Step& step : steps) {
      add(step.cgroups);
      add(step.ops);
      out.push_back(step.name.empty() ? "step_" + std::to_string(out.size() + 1) : step.name);
    }
    return out;
  }

 private:
  void add(const ir::Cgroup& cgroup) {
    cgroups.insert(cgroup.name);
    if (cgroup.payload) payloads.insert(*cgroup.payload);
  }
  void add(const std::vector<ir::Op>& ops) {
    for (const ir::Op& op : ops)
      std::visit(Overload{[&](const ir::AddCgroup& made) { cgroups.insert(made.name); },
                          [&](const ir::DefineCgroup& define) { add(define.cgroup); },
                          [&](const ir::RunPayload& run) { payloads.insert(run.payload); },
                          [](const auto&) {}},
                 op);
  }
};

}  // namespace

ClaimScope scope_of(const ir::Scenario& scenario) {
  Names names;
  names.add(scenario.cgroups);
  names.add(scenario.backdrop);
  ClaimScope out;
  out.steps = names.add(scenario.steps);
  out.cgroups.assign(names.cgroups.begin(), names.cgroups.end());
  for (const auto& [name, value] : scenario.vars) out.vars.push_back(name);
  std::ranges::copy_if(
      scenario.payloads, std::back_inserter(out.payloads), [&](const ir::Payload& payload) {
        return std::ranges::any_of(
            names.payloads, [&](const std::string& name) { return can_be(payload.name, name); });
      });
  return out;
}

ClaimScope scope_of(const ir::Case& planned) {
  Names names;
  names.add(planned.program.backdrop);
  ClaimScope out;
  out.steps = names.add(planned.program.steps);
  out.cgroups.assign(names.cgroups.begin(), names.cgroups.end());
  for (const auto& [name, value] : planned.vars) out.vars.push_back(name);
  out.payloads = planned.payloads;
  out.topology = &planned.program.topology;
  return out;
}

bool varies(const ClaimScope& scope, const std::vector<ir::Claim>& claims) {
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  return std::ranges::any_of(scope.cgroups,
                             [&](const std::string& name) { return has(name, "{i}"); }) ||
         std::ranges::any_of(claims, [&](const ir::Claim& claim) {
           return has(claim.text, "llc(") || has(claim.text, "node(");
         });
}

void check_claim(const ir::Claim& claim, const ClaimScope& scope, const Place& place,
                 Diagnostics& diagnostics) {
  Checker(claim, scope, place, diagnostics).run();
}

void check_output(const ir::Payload& payload, const Place& place, Diagnostics& diagnostics) {
  const auto* regex = std::get_if<ir::RegexOutput>(&payload.output);
  if (regex == nullptr) return;
  std::optional<std::string> flaw = pattern_flaw(regex->pattern);
  if (!flaw && group_names(regex->pattern).empty()) flaw = "the pattern has no named group";
  if (flaw) diagnostics.add({code("bad_pattern"), place, *flaw, "such as 'rps: (?P<rps>[0-9.]+)'"});
}

void check_expect(const ir::Expect& expect, const std::vector<ir::Claim>& claims,
                  const Place& place, Diagnostics& diagnostics) {
  if (expect.verdict == ir::Expected::pass) {
    if (expect.kind || expect.matching || expect.claim)
      diagnostics.add({code("conflict"), place, "a pass has no kind, pattern or claim of failure"});
    return;
  }
  if (!expect.kind && !expect.matching && !expect.claim)
    diagnostics.add({code("missing_key"), place, "an expected failure must say which",
                     "one of kind, matching, claim"});
  if (expect.matching) {
    const std::optional<std::string> pattern = between_slashes(*expect.matching);
    const std::optional<std::string> flaw =
        pattern ? pattern_flaw(*pattern) : "a pattern stands between slashes";
    if (flaw) diagnostics.add({code("bad_pattern"), place, *flaw, "such as /soft lockup/"});
  }
  if (expect.claim && std::ranges::find(claims, *expect.claim, &ir::Claim::text) == claims.end())
    diagnostics.add({code("unknown_name"), place, "no claim of the scenario is written like this"});
}

}  // namespace ktstr::claims
