// SPDX-License-Identifier: GPL-2.0-only
#include "cli/load.h"

#include <algorithm>

#include "base/glob.h"
#include "claims/check.h"
#include "expand/expand.h"
#include "parse/discover.h"

namespace ktstr::cli {

namespace {

/// What the claims of a sound scenario mean is checked against its own names.
void check_claims(const parse::LoadedScenario& loaded, Diagnostics& diagnostics) {
  const ir::Scenario& scenario = loaded.scenario;
  const claims::ClaimScope scope = claims::scope_of(scenario);
  for (std::size_t i = 0; i < scenario.claims.size(); ++i)
    claims::check_claim(scenario.claims[i], scope,
                        loaded.map.find("claims[" + std::to_string(i) + "]"), diagnostics);
  if (scenario.expect)
    claims::check_expect(*scenario.expect, scenario.claims, loaded.map.find("expect"), diagnostics);
}

}  // namespace

parse::Loaded load(const std::vector<std::string>& paths) {
  parse::Loaded out;
  for (const parse::ScenarioFile& file : parse::discover(paths, out.diagnostics)) {
    parse::Loaded loaded = parse::load(file.path, file.stem);
    for (parse::LoadedScenario& scenario : loaded.scenarios) {
      if (scenario.sound) check_claims(scenario, loaded.diagnostics);
      out.scenarios.push_back(std::move(scenario));
    }
    out.diagnostics.append(loaded.diagnostics);
  }
  return out;
}

Result<std::vector<PlannedCase>> expand_all(const parse::Loaded& loaded, const Selection& selection,
                                            Diagnostics& diagnostics) {
  expand::Options options{.gauntlet = selection.gauntlet, .kernel = selection.kernel};
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

  std::vector<PlannedCase> out;
  for (const parse::LoadedScenario& origin : loaded.scenarios) {
    if (!origin.sound) continue;
    for (ir::Case& planned :
         expand::expand({origin.stem, origin.scenario, origin.map}, options, diagnostics)) {
      const std::string id = to_text(planned.id);
      const bool wanted = selection.filters.empty() ||
                          std::ranges::any_of(selection.filters, [&](const std::string& filter) {
                            return glob_matches(filter, id) || filter == planned.id.scenario;
                          });
      if (wanted) out.push_back({std::move(planned), &origin});
    }
  }
  return out;
}

std::string diagnose(const std::string& path) {
  parse::Loaded loaded = load({path});
  if (loaded.diagnostics.ok())
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

}  // namespace ktstr::cli
