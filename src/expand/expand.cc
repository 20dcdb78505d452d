// SPDX-License-Identifier: GPL-2.0-only
#include "expand/expand.h"

#include <algorithm>

#include "expand/presets.h"
#include "expand/resolve.h"

namespace ktstr::expand {
namespace {

using topology::Topology;

/// FNV-1a: the same id gives the same seed on every machine.
std::uint64_t seed_of(const ir::CaseId& id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : to_text(id)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

using Claims = schema::Shared<std::vector<ir::Claim>>;

ir::Case describe_case(const Input& input, const Claims& claims, ir::CaseId id) {
  const ir::Scenario& scenario = input.scenario;
  ir::Case out;
  out.id = std::move(id);
  out.kernel = scenario.kernel;
  out.claims = claims;
  out.checks = scenario.checks;
  out.expect = scenario.expect;
  out.allow_inconclusive = scenario.allow_inconclusive;
  out.performance = scenario.performance;
  return out;
}

void fill(ir::Case& out, Resolved resolved, const ir::Scenario& scenario) {
  out.program = std::move(resolved.program);
  out.vars = std::move(resolved.vars);
  out.program.seed = scenario.seed.value_or(seed_of(out.id));
  out.duration = resolved.duration;
  out.timeout = scenario.timeout.value_or(2 * resolved.duration + 30s);
}

/// The first mistake, on one line.
std::string reason(const Diagnostics& diagnostics) {
  const Diagnostic& first = diagnostics.all().front();
  const std::string place = to_text(first.place);
  return (place.empty() ? "" : place + ": ") + first.message;
}

ir::Case on_preset(const Input& input, const Claims& claims, const Preset& preset,
                   const Options& options) {
  ir::Case out = describe_case(input, claims,
                               {.stem = input.stem,
                                .scenario = input.scenario.name,
                                .preset = std::string(preset.name),
                                .kernel = options.kernel});
  Diagnostics diagnostics;
  const Topology topology = with_memory(topology::expand(preset.shape).value(), preset.memory);
  if (!allows(input.scenario.gauntlet.topologies, preset.shape))
    out.skip = "the scenario's gauntlet does not allow " + to_text(preset.shape);
  else if (std::optional<Resolved> resolved =
               resolve(input.scenario, topology, input.map, diagnostics))
    fill(out, *std::move(resolved), input.scenario);
  else
    out.skip = reason(diagnostics);
  out.program.topology = topology;
  return out;
}

}  // namespace

std::vector<ir::Case> expand(const Input& input, const Options& options, Diagnostics& diagnostics) {
  Diagnostics found;
  const std::optional<Topology> own = topology_of(input.scenario, input.map, found);
  std::optional<Resolved> resolved;
  if (own) resolved = resolve(input.scenario, *own, input.map, found);
  diagnostics.append(found);
  if (!resolved) return {};

  const Claims claims = input.scenario.claims;
  if (options.gauntlet) {
    std::vector<ir::Case> out;
    out.reserve(presets().size());
    for (const Preset& preset : presets()) {
      const bool named =
          std::ranges::find(*options.gauntlet, preset.name) != options.gauntlet->end();
      const bool wanted = options.gauntlet->empty()
                              ? allows(input.scenario.gauntlet.topologies, preset.shape)
                              : named;
      if (wanted) out.push_back(on_preset(input, claims, preset, options));
    }
    return out;
  }

  ir::Case out = describe_case(
      input, claims,
      {.stem = input.stem, .scenario = input.scenario.name, .kernel = options.kernel});
  if (options.topology) {
    const Topology topology = with_memory(*options.topology, input.scenario.memory);
    out.id.preset = to_text(topology);
    Diagnostics other;
    resolved = resolve(input.scenario, topology, input.map, other);
    out.program.topology = topology;
    if (!resolved) out.skip = reason(other);
  }
  if (resolved) fill(out, *std::move(resolved), input.scenario);
  return {out};
}

std::vector<Error> check_presets(const std::vector<std::string>& names) {
  std::vector<std::string_view> known;
  for (const Preset& preset : presets()) known.push_back(preset.name);
  std::vector<Error> out;
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      out.push_back({"there is no preset `" + name + "`", 0, suggestion(name, known)});
  return out;
}

std::string short_id(const ir::CaseId& id) {
  std::string out = id.scenario;
  for (const std::string& part : {id.preset, id.scheduler, id.work, id.kernel})
    if (part != "-") out += "/" + part;
  return out;
}

}  // namespace ktstr::expand
