// SPDX-License-Identifier: GPL-2.0-only
#include "cli/load.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <unistd.h>

#include "base/glob.h"
#include "base/parallel.h"
#include "claims/check.h"
#include "cli/live.h"
#include "expand/expand.h"
#include "parse/discover.h"

namespace ktstr::cli {

namespace {

/// What claims mean is checked against the scenario's own names.
void check_claims(const parse::LoadedScenario& loaded, Diagnostics& diagnostics) {
  const ir::Scenario& scenario = loaded.scenario;
  const claims::ClaimScope scope = claims::scope_of(scenario);
  const auto readable = [](const ir::Claim& claim) { return !claim.text.empty(); };
  const auto check = [&](const std::vector<ir::Claim>& list, const std::string& path) {
    for (std::size_t i = 0; i < list.size(); ++i)
      if (readable(list[i]))
        claims::check_claim(list[i], scope, loaded.map.find(path + "[" + std::to_string(i) + "]"),
                            diagnostics);
  };
  check(scenario.claims, "claims");
  for (std::size_t i = 0; i < scenario.schedulers.size(); ++i)
    check(scenario.schedulers[i].claims, "schedulers[" + std::to_string(i) + "].claims");
  for (std::size_t i = 0; i < scenario.payloads.size(); ++i)
    claims::check_output(scenario.payloads[i],
                         loaded.map.find("payloads[" + std::to_string(i) + "].output"),
                         diagnostics);
  if (scenario.expect && std::ranges::all_of(scenario.claims, readable))
    claims::check_expect(*scenario.expect, scenario.claims, loaded.map.find("expect"), diagnostics);
}

/// Whether it may only follow from another mistake, for which a part of the file was not read.
bool may_follow(const Diagnostic& diagnostic) {
  constexpr Code names[] = {code("unknown_cgroup"), code("unknown_step"), code("unknown_name")};
  return std::ranges::find(names, diagnostic.code) != std::end(names);
}

/// Claims that are right but name what a case's topology does not have: a mistake on the scenario's
/// own, and on another the reason to skip the case.
void check_on_topology(const parse::LoadedScenario& origin, bool own, std::vector<ir::Case>& cases,
                       Diagnostics& diagnostics) {
  if (cases.empty()) return;
  const claims::ClaimScope general = claims::scope_of(origin.scenario);
  if (!claims::varies(general, *cases[0].claims)) return;
  for (ir::Case& planned : cases) {
    if (planned.skip) continue;
    Diagnostics found;
    const claims::ClaimScope scope = claims::scope_of(planned);
    const std::vector<ir::Claim>& all = *planned.claims;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Place place = origin.map.find("claims[" + std::to_string(i) + "]");
      Diagnostics anywhere;
      claims::check_claim(all[i], general, place, anywhere);
      if (anywhere.ok()) claims::check_claim(all[i], scope, place, found);
    }
    if (own)
      diagnostics.append(found);
    else if (!found.ok())
      planned.skip = found.all()[0].message;
  }
}

bool matches(const std::vector<std::string>& filters, const ir::CaseId& id) {
  if (filters.empty()) return true;
  const std::string text = to_text(id);
  return std::ranges::any_of(filters, [&](const std::string& filter) {
    return glob_matches(filter, text) || filter == id.scenario;
  });
}

/// Whether the scenario has one of the words, where there are any, and none of the `!words`.
bool is_tagged(const std::vector<std::string>& words, const std::vector<std::string>& tags) {
  const auto has = [&](std::string_view tag) { return std::ranges::find(tags, tag) != tags.end(); };
  bool wanted = true, found = false;
  for (const std::string_view word : words) {
    if (word.starts_with('!') && has(word.substr(1))) return false;
    if (word.starts_with('!')) continue;
    wanted = false;
    found = found || has(word);
  }
  return wanted || found;
}

}  // namespace

parse::Loaded load(const std::vector<std::string>& paths) {
  parse::Loaded out;
  const std::vector<parse::ScenarioFile> files = parse::discover(paths, out.diagnostics);
  std::vector<parse::Loaded> loaded(files.size());
  for_each_parallel(files.size(), hardware_threads(), [&](std::size_t i) {
    loaded[i] = parse::load(files[i].path, files[i].stem);
    for (const parse::LoadedScenario& scenario : loaded[i].scenarios) {
      Diagnostics found;
      check_claims(scenario, found);
      if (scenario.complete) {
        loaded[i].diagnostics.append(found);
        continue;
      }
      for (const Diagnostic& each : found.all())
        if (!may_follow(each)) loaded[i].diagnostics.add(each);
    }
    loaded[i].diagnostics.sort();
  });
  for (parse::Loaded& file : loaded) {
    std::ranges::move(file.scenarios, std::back_inserter(out.scenarios));
    out.diagnostics.append(file.diagnostics);
  }
  return out;
}

Result<std::vector<PlannedCase>> expand_all(const parse::Loaded& loaded, const Selection& selection,
                                            Diagnostics& diagnostics) {
  expand::Options options{.gauntlet = selection.gauntlet,
                          .topology = {},
                          .kernel = selection.kernel,
                          .schedulers = selection.schedulers};
  if (options.gauntlet)
    for (Error& unknown : expand::check_presets(*options.gauntlet))
      return tl::unexpected(std::move(unknown));
  if (!selection.topology.empty()) {
    const std::optional<topology::Shape> shape = topology::Shape::parse(selection.topology);
    if (!shape)
      return fail("--topology " + selection.topology + " is not a topology",
                  "it looks like 1n2l4c1t: nodes, LLCs, cores per LLC, threads per core");
    options.topology = TRY(topology::expand(*shape));
  }

  struct Expansion {
    std::vector<ir::Case> cases;
    Diagnostics diagnostics;
  };
  std::vector<Expansion> expansions(loaded.scenarios.size());
  for_each_parallel(expansions.size(), hardware_threads(), [&](std::size_t i) {
    const parse::LoadedScenario& origin = loaded.scenarios[i];
    if (!is_tagged(selection.tags, origin.scenario.tags)) return;
    const expand::Input input{origin.stem, origin.scenario, origin.map};
    if (origin.sound) {
      expansions[i].cases = expand::expand(input, options, expansions[i].diagnostics);
      check_on_topology(origin, !options.gauntlet && !options.topology, expansions[i].cases,
                        expansions[i].diagnostics);
    } else if (origin.complete) {
      expand::check_topology(input, expansions[i].diagnostics);
    }
    std::erase_if(expansions[i].cases,
                  [&](const ir::Case& each) { return !matches(selection.filters, each.id); });
  });

  std::vector<PlannedCase> out;
  for (std::size_t i = 0; i < expansions.size(); ++i) {
    diagnostics.append(expansions[i].diagnostics);
    for (ir::Case& planned : expansions[i].cases)
      out.push_back({std::move(planned), &loaded.scenarios[i]});
  }
  return out;
}

std::string diagnose(const std::string& path) {
  parse::Loaded loaded = load({path});
  // What cannot be expanded is reported; the cases themselves are not needed.
  if (const auto cases = expand_all(loaded, {}, loaded.diagnostics); !cases)
    return describe(cases.error()) + "\n";
  return render_all(loaded.diagnostics, false);
}

std::string render_all(const Diagnostics& diagnostics, bool colour) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += render(diagnostic, colour);
  if (diagnostics.dropped() > 0)
    out += "… and " + std::to_string(diagnostics.dropped()) + " more\n";
  return out;
}

void print_all(const Diagnostics& diagnostics) {
  std::fputs(render_all(diagnostics, wants_colour(STDERR_FILENO)).c_str(), stderr);
}

}  // namespace ktstr::cli
