// SPDX-License-Identifier: GPL-2.0-only
#include "expand/expand.h"

#include <algorithm>

#include "expand/constraints.h"
#include "expand/presets.h"
#include "expand/resolve.h"
#include "expand/schedulers.h"

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

/// A scenario under one of its schedulers: what all cases of both share.
struct Part {
  const Input& input;
  const Schedulers& schedulers;
  Variant variant;
  Claims claims;
  ir::Checks checks;
  const ir::Work* work = nullptr;  ///< In the place of that of swappable cgroups.
};

/// Claims and checks: those of the scheduler, and over them the scenario's own.
Part part_of(const Input& input, const Schedulers& schedulers, Variant variant,
             const Claims& claims) {
  Part out{input, schedulers, std::move(variant), claims, ir::default_checks};
  if (const ir::Scheduler* scheduler =
          out.variant.use ? schedulers.find(out.variant.use->use) : nullptr) {
    if (!scheduler->claims.empty()) {
      std::vector<ir::Claim>& all = out.claims.change();
      all.insert(all.end(), scheduler->claims.begin(), scheduler->claims.end());
    }
    out.checks = over(out.checks, scheduler->checks);
  }
  out.checks = over(out.checks, input.scenario.checks);
  return out;
}

ir::Case describe_case(const Part& part, ir::CaseId id) {
  const ir::Scenario& scenario = part.input.scenario;
  ir::Case out;
  out.id = std::move(id);
  out.id.stem = part.input.stem;
  out.id.scenario = scenario.name;
  if (part.variant.use) out.id.scheduler = name_of(*part.variant.use);
  if (part.work != nullptr) out.id.work = name_of(*part.work);
  out.kernel = scenario.kernel;
  out.host = scenario.require.host;
  out.kargs = scenario.kargs;
  out.claims = part.claims;
  out.checks = part.checks;
  out.expect = scenario.expect;
  out.allow_inconclusive = scenario.allow_inconclusive;
  out.performance = scenario.performance;
  out.skip = part.variant.skip;
  return out;
}

void fill(ir::Case& out, Resolved resolved, const Cast& cast, const ir::Scenario& scenario) {
  out.program = std::move(resolved.program);
  out.payloads = std::move(resolved.payloads);
  out.vars = std::move(resolved.vars);
  out.program.seed = scenario.seed.value_or(seed_of(out.id));
  out.program.outlives_scheduler =
      (scenario.expect && scenario.expect->verdict == ir::Expected::fail) ||
      out.checks.scheduler_alive == ir::Toggle::off;
  out.duration = resolved.duration;
  out.timeout = scenario.timeout.value_or(2 * resolved.duration + resolved.patience + 30s);
  cast.fill(out);
}

/// The first mistake, on one line; warnings are none.
std::string reason(const Diagnostics& diagnostics) {
  const Diagnostic& first = *std::ranges::min_element(diagnostics.all(), {}, &Diagnostic::severity);
  const std::string place = to_text(first.place);
  return (place.empty() ? "" : place + ": ") + first.message;
}

/// Makes the case's program, or skips it where the scenario makes no sense, or reports why there
/// cannot be one.
bool try_resolve(const Part& part, const Topology& topology, ir::Case& out,
                 Diagnostics& diagnostics) {
  if (auto reason = unmet(part.input.scenario.require.topology, topology)) {
    if (!out.skip) out.skip = std::move(reason);
    out.program.topology = topology;
    return true;
  }
  Diagnostics found;
  Reporter reporter(part.input.map, found);
  Cast cast(part.schedulers, reporter);
  std::optional<Resolved> resolved = resolve(part.input.scenario, {part.variant.use, part.work},
                                             topology, cast, part.input.map, found);
  const bool sound = resolved && found.ok();
  if (sound) fill(out, *std::move(resolved), cast, part.input.scenario);
  out.program.topology = topology;
  diagnostics.append(found);
  return sound;
}

void resolve_or_skip(const Part& part, const Topology& topology, ir::Case& out) {
  Diagnostics diagnostics;
  if (!try_resolve(part, topology, out, diagnostics) && !out.skip) out.skip = reason(diagnostics);
}

ir::Case on_preset(const Part& part, const Preset& preset, const Options& options) {
  ir::Case out =
      describe_case(part, {.preset = std::string(preset.name), .kernel = options.kernel});
  const Topology topology = with_memory(topology::expand(preset.shape).value(), preset.memory);
  if (!allows(part.input.scenario.gauntlet.topologies, preset.shape)) {
    out.skip = "the scenario's gauntlet does not allow " + to_text(preset.shape);
    out.program.topology = topology;
  } else {
    resolve_or_skip(part, topology, out);
  }
  return out;
}

/// Each part with each work that the gauntlet lists, or as it is.
std::vector<Part> with_work(const std::vector<Part>& parts, const std::vector<ir::Work>& list) {
  if (list.empty()) return parts;
  std::vector<Part> out;
  for (const Part& part : parts)
    for (const ir::Work& work : list) {
      out.push_back(part);
      out.back().work = &work;
    }
  return out;
}

std::vector<ir::Case> on_presets(const std::vector<Part>& given, const ir::Scenario& scenario,
                                 const Options& options) {
  std::vector<ir::Case> out;
  const std::vector<Part> parts = with_work(given, scenario.gauntlet.work);
  for (const Preset& preset : presets()) {
    const bool named = std::ranges::find(*options.gauntlet, preset.name) != options.gauntlet->end();
    const bool wanted =
        options.gauntlet->empty() ? allows(scenario.gauntlet.topologies, preset.shape) : named;
    if (!wanted) continue;
    for (const Part& part : parts) out.push_back(on_preset(part, preset, options));
  }
  return out;
}

}  // namespace

std::vector<ir::Case> expand(const Input& input, const Options& options, Diagnostics& diagnostics) {
  Diagnostics found;
  Reporter reporter(input.map, found);
  const Schedulers schedulers(input.scenario, options.schedulers);
  const Claims claims = input.scenario.claims;
  std::vector<Part> parts;
  for (Variant& variant : schedulers.variants(options.gauntlet.has_value(), reporter))
    parts.push_back(part_of(input, schedulers, std::move(variant), claims));

  // On its own topology, under the first of its schedulers, a scenario must make sense; what is
  // wrong under another one makes that case a skipped one. Warnings are told of the first, once.
  std::vector<ir::Case> own;
  for (const Part& part : parts) {
    Diagnostics here;
    const std::optional<Topology> topology =
        topology_of(input.scenario, schedulers.topology_for(part.variant), input.map, here);
    ir::Case made = describe_case(part, {.kernel = options.kernel});
    const bool sound = topology && try_resolve(part, *topology, made, here);
    if (&part == parts.data() && !part.variant.skip) found.append(here);
    if (!sound && !made.skip) made.skip = reason(here);
    own.push_back(std::move(made));
  }
  const bool sound = found.ok();
  diagnostics.append(found);
  if (!sound) return {};
  if (options.gauntlet) return on_presets(parts, input.scenario, options);
  if (!options.topology) return own;

  const Topology topology = with_memory(*options.topology, input.scenario.memory);
  std::vector<ir::Case> out;
  for (const Part& part : parts) {
    out.push_back(describe_case(part, {.preset = to_text(topology), .kernel = options.kernel}));
    resolve_or_skip(part, topology, out.back());
  }
  return out;
}

void check_topology(const Input& input, Diagnostics& diagnostics) {
  topology_of(input.scenario, nullptr, input.map, diagnostics);
}

std::vector<Error> check_presets(const std::vector<std::string>& names) {
  std::vector<std::string_view> known;
  for (const Preset& preset : presets()) known.push_back(preset.name);
  std::vector<Error> out;
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      out.push_back({"there is no preset `" + name + "`", 0, suggestion(name, known, "presets")});
  return out;
}

std::string short_id(const ir::CaseId& id) {
  std::string out = id.scenario;
  for (const std::string& part : {id.preset, id.scheduler, id.work, id.kernel})
    if (part != "-") out += "/" + part;
  return out;
}

}  // namespace ktstr::expand
