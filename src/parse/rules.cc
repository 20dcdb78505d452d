// SPDX-License-Identifier: GPL-2.0-only
#include "parse/rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace ktstr::parse {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

void check_name(const Ruled& ruled, Diagnostics& diagnostics) {
  const std::string& name = ruled.scenario.name;
  if (name.empty() && !ruled.complete) return;
  if (const std::optional<Error> flaw = flaw_of_name(name))
    diagnostics.add({code("bad_value"), ruled.map.find("name"), flaw->what, flaw->hint});
}

/// `6`, `6.12` or `6.12.3`, for comparing.
std::optional<std::array<unsigned, 3>> parse_release(std::string_view text) {
  std::array<unsigned, 3> out{};
  for (unsigned& part : out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc() || part > 9999) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return out;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

void check_kernel(const Ruled& ruled, Diagnostics& diagnostics) {
  const ir::KernelNeeds& kernel = ruled.scenario.kernel;
  const auto release = [&](const std::optional<std::string>& text, const char* path) {
    std::optional<std::array<unsigned, 3>> out;
    if (text && !(out = parse_release(*text)))
      diagnostics.add({code("bad_value"), ruled.map.find(path),
                       "`" + *text + "` is no kernel release", "for example \"6.12\""});
    return out;
  };
  const auto min = release(kernel.min, "kernel.min");
  const auto max = release(kernel.max, "kernel.max");
  // `max: "6.12"` includes every 6.12.x: only the parts that it names count.
  if (min && max && *max < *min && !kernel.min->starts_with(*kernel.max + "."))
    diagnostics.add(
        {code("conflict"), ruled.map.find("kernel.max"),
         "the newest kernel, " + *kernel.max + ", is older than the oldest, " + *kernel.min});
  for (std::size_t i = 0; i < kernel.require.size(); ++i) {
    const std::string_view option = kernel.require[i];
    const bool plain = option.starts_with("CONFIG_") && option.size() > 7 &&
                       std::ranges::all_of(option, [](char c) {
                         return is_name_character(c) && c != '-' && c != '.';
                       });
    if (!plain && !(option.empty() && !ruled.complete))
      diagnostics.add({code("bad_value"), ruled.map.find(item_path("kernel.require", i)),
                       "`" + kernel.require[i] + "` is no kernel option",
                       "for example CONFIG_SCHED_CLASS_EXT"});
  }
}

void check_constraints(const ir::TopologyConstraints& limits, const std::string& base,
                       const Ruled& ruled, Diagnostics& diagnostics) {
  const auto ordered = [&](const auto& low, const auto& high, const std::string& what) {
    if (!low || !high || *low <= *high) return;
    diagnostics.add({code("conflict"), ruled.map.find(base + ".min_" + what),
                     "no topology has at least " + std::to_string(*low) + " and at most " +
                         std::to_string(*high) + " " + what});
  };
  ordered(limits.min_nodes, limits.max_nodes, "nodes");
  ordered(limits.min_llcs, limits.max_llcs, "llcs");
  ordered(limits.min_cpus, limits.max_cpus, "cpus");
}

bool any_swappable(const ir::Scenario& scenario) {
  const auto in = [](const std::vector<ir::Cgroup>& cgroups) {
    return std::ranges::any_of(cgroups, &ir::Cgroup::swappable);
  };
  const auto made = [](const std::vector<ir::Op>& ops) {
    return std::ranges::any_of(ops, [](const ir::Op& op) {
      const auto* define = std::get_if<ir::DefineCgroup>(&op);
      return define != nullptr && define->cgroup.swappable;
    });
  };
  return in(scenario.cgroups) || in(scenario.backdrop.cgroups) || made(scenario.backdrop.ops) ||
         std::ranges::any_of(scenario.steps, [&](const ir::Step& step) {
           return in(step.cgroups) || made(step.ops);
         });
}

void check_gauntlet(const Ruled& ruled, Diagnostics& diagnostics) {
  const ir::Gauntlet& gauntlet = ruled.scenario.gauntlet;
  check_constraints(gauntlet.topologies, "gauntlet.topologies", ruled, diagnostics);
  check_constraints(ruled.scenario.require.topology, "require.topology", ruled, diagnostics);
  if (!gauntlet.work.empty() && ruled.complete && !any_swappable(ruled.scenario))
    diagnostics.add({code("conflict"), ruled.map.find_key("gauntlet.work"),
                     "no cgroup is `swappable`, so no work can be put in the place of another"});
  // The name is a part of the case's id.
  for (auto each = gauntlet.work.begin(); each != gauntlet.work.end(); ++each)
    if (std::any_of(gauntlet.work.begin(), each,
                    [&](const ir::Work& earlier) { return name_of(earlier) == name_of(*each); }))
      diagnostics.add(
          {code("duplicate_name"),
           ruled.map.find(
               item_path("gauntlet.work", static_cast<std::size_t>(each - gauntlet.work.begin()))),
           "`" + std::string(name_of(*each)) + "` is listed twice"});
}

/// Whether the cause can occur at all is said by src/claims.
void check_expect(const Ruled& ruled, Diagnostics& diagnostics) {
  if (!ruled.scenario.expect) return;
  const ir::Expect& expect = *ruled.scenario.expect;
  if (expect.claim && (expect.kind || expect.matching))
    diagnostics.add({code("conflict"), ruled.map.find_key("expect.claim"),
                     "`claim` excludes `kind` and `matching`"});
  if (!expect.kind || std::ranges::count(ir::failure_kinds, *expect.kind) > 0) return;
  diagnostics.add(
      {code("unknown_word"), ruled.map.find("expect.kind"),
       "`" + *expect.kind + "` is no kind of failure",
       suggestion(*expect.kind, {std::begin(ir::failure_kinds), std::end(ir::failure_kinds)})});
}

void check_disk(const Ruled& ruled, Diagnostics& diagnostics) {
  const std::optional<ir::Disk>& disk = ruled.scenario.disk;
  if (!disk || disk->size.count % (1_MiB).count == 0) return;
  diagnostics.add(
      {code("bad_value"), ruled.map.find("disk.size"),
       "a disk is a whole number of MiB, not " + std::to_string(disk->size.count) + " bytes"});
}

void check_something_to_do(const Ruled& ruled, Diagnostics& diagnostics) {
  if (!diagnostics.ok()) return;  // What is there may not have been read.
  const ir::Scenario& scenario = ruled.scenario;
  const auto works = [&](const std::vector<ir::Cgroup>& cgroups) {
    return std::ranges::any_of(cgroups, [&](const ir::Cgroup& cgroup) {
      return cgroup.payload || has_workers(cgroup, scenario.workers);
    });
  };
  const bool some = works(scenario.cgroups) || works(scenario.backdrop.cgroups) ||
                    !scenario.backdrop.ops.empty() ||
                    std::ranges::any_of(scenario.steps, [&](const auto& step) {
                      return works(step.cgroups) || !step.ops.empty();
                    });
  if (!some)
    diagnostics.add({code("nothing_to_do"), ruled.map.find(""),
                     "`" + scenario.name + "` has no workers and no ops",
                     "give it `cgroups`, or `steps` that have them"});
}

}  // namespace

std::optional<Error> flaw_of_name(const std::string& name) {
  constexpr std::size_t longest = 128;
  if (!name.empty() && name.size() <= longest && name[0] != '.' &&
      std::ranges::all_of(name, is_name_character))
    return std::nullopt;
  return Error{"`" + name + "` cannot be the name of a scenario", 0,
               "letters, digits, `_`, `-` and `.`, at most 128 of them"};
}

bool has_workers(const ir::Cgroup& cgroup, const ir::Count& fallback) {
  const auto some = [](const ir::Count& count) { return !count.resolved() || count.get() > 0; };
  const auto group_has = [&](const std::optional<ir::Workers>& workers) {
    if (!workers) return some(fallback);
    const auto* count = std::get_if<ir::Count>(&*workers);
    return count == nullptr || some(*count);
  };
  if (cgroup.is_for_payload_alone()) return false;
  if (cgroup.groups.empty()) return group_has(cgroup.group.workers);
  return std::ranges::any_of(cgroup.groups, [&](const ir::WorkGroup& group) {
    return group_has(group.workers ? group.workers : cgroup.group.workers);
  });
}

std::string item_path(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

void check_rules(const Ruled& ruled, Diagnostics& diagnostics) {
  check_name(ruled, diagnostics);
  check_kernel(ruled, diagnostics);
  check_expressions(ruled, diagnostics);
  if (!ruled.scenario.cgroups.empty() && !ruled.scenario.steps.empty())
    diagnostics.add({code("conflict"), ruled.map.find_key("cgroups"),
                     "`cgroups` beside `steps`: the scenario is one step or several",
                     "put them under `backdrop` or into a step"});
  check_cgroups(ruled, diagnostics);
  check_programs(ruled, diagnostics);
  check_guest(ruled, diagnostics);
  check_schedulers(ruled, diagnostics);
  check_payloads(ruled, diagnostics);
  check_steps(ruled, diagnostics);
  check_expect(ruled, diagnostics);
  check_disk(ruled, diagnostics);
  check_gauntlet(ruled, diagnostics);
  check_something_to_do(ruled, diagnostics);
}

}  // namespace ktstr::parse
