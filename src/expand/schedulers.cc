// SPDX-License-Identifier: GPL-2.0-only
#include "expand/schedulers.h"

#include <algorithm>

#include "base/overload.h"
#include "schema/scalars.h"

namespace ktstr::expand {
namespace {

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

/// Whether an op of the scenario names schedulers itself.
bool attaches(const ir::Scenario& scenario) {
  const auto any = [](const std::vector<ir::Op>& ops) {
    return std::ranges::any_of(
        ops, [](const ir::Op& op) { return std::holds_alternative<ir::AttachScheduler>(op); });
  };
  return any(scenario.backdrop.ops) ||
         std::ranges::any_of(scenario.steps, [&](const ir::Step& step) { return any(step.ops); });
}

std::optional<std::string> obstacle(const ir::Scenario& scenario) {
  if (scenario.expect && scenario.scheduler)
    return "it expects what becomes of its own scheduler, `" + scenario.scheduler->use + "`";
  if (!scenario.scheduler && attaches(scenario)) return "it attaches schedulers of its own";
  return std::nullopt;
}

/// What a flag needs and the set lacks.
const std::string* unmet(const ir::Scheduler& scheduler, const std::vector<std::string>& set) {
  for (const ir::SchedulerFlag& flag : scheduler.flags)
    if (has(set, flag.name))
      for (const std::string& needed : flag.needs)
        if (!has(set, needed)) return &needed;
  return nullptr;
}

/// `{ms}` and `{seconds}` become the time.
std::string told(std::string text, Nanos watchdog) {
  const auto put = [&](std::string_view hole, const std::string& value) {
    for (std::size_t at = 0; (at = text.find(hole, at)) != std::string::npos; at += value.size())
      text.replace(at, hole.size(), value);
  };
  put("{ms}", std::to_string(std::chrono::ceil<std::chrono::milliseconds>(watchdog).count()));
  put("{seconds}", std::to_string(std::chrono::ceil<std::chrono::seconds>(watchdog).count()));
  return text;
}

}  // namespace

Schedulers::Schedulers(const ir::Scenario& scenario, const std::vector<SchedulerChoice>& choices)
    : scenario_(scenario), all_(scenario.schedulers) {
  for (const SchedulerChoice& choice : choices) {
    const auto known = std::ranges::find(all_, choice.name, &ir::Scheduler::name);
    if (choice.name == kernels_own) {
      under_.push_back(choice.name);
    } else if (known == all_.end()) {
      ir::Scheduler& made = all_.emplace_back();
      made.name = choice.name;
      made.binary = choice.path.empty() ? choice.name : choice.path;
      under_.push_back(choice.name);
    } else if (choice.path.empty()) {
      under_.push_back(choice.name);
    } else {
      known->binary = choice.path;
      known->builtin.reset();
    }
  }
}

const ir::Scheduler* Schedulers::find(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &ir::Scheduler::name);
  return found == all_.end() ? nullptr : &*found;
}

std::vector<std::string_view> Schedulers::names() const {
  std::vector<std::string_view> out;
  for (const ir::Scheduler& scheduler : all_) out.push_back(scheduler.name);
  return out;
}

std::optional<std::uint32_t> Schedulers::place_of(std::string_view name) const {
  const auto found = std::ranges::find(scenario_.schedulers, name, &ir::Scheduler::name);
  if (found == scenario_.schedulers.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - scenario_.schedulers.begin());
}

const ir::TopologySpec* Schedulers::topology_for(const Variant& variant) const {
  const ir::Scheduler* scheduler = variant.use ? find(variant.use->use) : nullptr;
  return scheduler != nullptr && scheduler->topology ? &*scheduler->topology : nullptr;
}

/// As the scenario uses it, where it does.
std::optional<ir::SchedulerUse> Schedulers::use_of(const std::string& name) const {
  if (name == kernels_own) return std::nullopt;
  if (scenario_.scheduler && scenario_.scheduler->use == name) return scenario_.scheduler;
  return ir::SchedulerUse{name, {}, {}};
}

std::vector<Variant> Schedulers::variants(bool gauntlet, Reporter& reporter) const {
  std::vector<Variant> out;
  for (const std::string& name : under_) {
    std::optional<ir::SchedulerUse> use = use_of(name);
    const bool own = use == scenario_.scheduler;
    out.push_back(
        {.use = std::move(use), .chosen = true, .skip = own ? std::nullopt : obstacle(scenario_)});
  }
  if (out.empty() && gauntlet)
    for (const std::string& name : scenario_.gauntlet.schedulers)
      out.push_back({.use = use_of(name)});
  if (out.empty()) out.push_back({.use = scenario_.scheduler});
  if (!gauntlet) return out;
  std::vector<Variant> all;
  for (const Variant& variant : out)
    for (Variant& profile : profiles(variant, reporter)) all.push_back(std::move(profile));
  return all;
}

/// The power set of the flags that may be or not be, with those that must be. Sets in which a flag
/// lacks what it requires make no sense.
std::vector<Variant> Schedulers::profiles(const Variant& variant, Reporter& reporter) const {
  const ir::Scheduler* scheduler = variant.use ? find(variant.use->use) : nullptr;
  if (scheduler == nullptr || variant.skip) return {variant};
  const ir::FlagConstraints& limits = scenario_.gauntlet.flags;
  std::vector<std::string> optional;
  for (const ir::SchedulerFlag& flag : scheduler->flags)
    if (!has(limits.require, flag.name) && !has(limits.exclude, flag.name) &&
        !has(variant.use->flags, flag.name))
      optional.push_back(flag.name);
  for (const std::string& wanted : limits.require)
    if (std::ranges::find(scheduler->flags, wanted, &ir::SchedulerFlag::name) ==
        scheduler->flags.end()) {
      Variant skipped = variant;
      skipped.skip = "the gauntlet requires the flag `" + wanted + "`, which `" + scheduler->name +
                     "` does not have";
      return {skipped};
    }
  constexpr std::size_t most = 8;
  if (optional.size() > most) {
    reporter.report(code("out_of_range"), "gauntlet",
                    "`" + scheduler->name + "` has " + std::to_string(optional.size()) +
                        " flags to vary, which makes too many sets",
                    "gauntlet.flags can require or exclude some; at most 8 may vary");
    return {};
  }
  std::vector<Variant> out;
  for (std::size_t set = 0; set < std::size_t{1} << optional.size(); ++set) {
    std::vector<std::string> flags;
    for (const ir::SchedulerFlag& flag : scheduler->flags) {
      const auto at = std::ranges::find(optional, flag.name);
      const bool in = at == optional.end()
                          ? has(limits.require, flag.name) || has(variant.use->flags, flag.name)
                          : (set >> (at - optional.begin()) & 1) != 0;
      if (in) flags.push_back(flag.name);
    }
    if (unmet(*scheduler, flags) != nullptr) continue;
    out.push_back(variant);
    out.back().use->flags = std::move(flags);
  }
  return out;
}

ir::SchedulerUse Cast::resolve(const ir::SchedulerUse& use, const std::string& path) {
  const ir::Scheduler* scheduler = schedulers_.find(use.use);
  if (scheduler == nullptr) {
    reporter_.report(code("unknown_scheduler"), path + ".use",
                     "there is no scheduler `" + use.use + "`",
                     schedulers_.names().empty()
                         ? "define it under `schedulers`, or give --scheduler " + use.use + "=PATH"
                         : suggestion(use.use, schedulers_.names()));
    return use;
  }
  add(*scheduler);
  std::vector<std::string_view> known;
  for (const ir::SchedulerFlag& flag : scheduler->flags) known.push_back(flag.name);
  for (std::size_t i = 0; i < use.flags.size(); ++i)
    if (std::ranges::find(known, use.flags[i]) == known.end())
      reporter_.report(code("unknown_scheduler"), path + ".flags[" + std::to_string(i) + "]",
                       "`" + use.use + "` has no flag `" + use.flags[i] + "`",
                       known.empty() ? "its definition has none" : suggestion(use.flags[i], known));
  if (const std::string* missing = unmet(*scheduler, use.flags))
    reporter_.report(code("conflict"), path + ".flags",
                     "these flags of `" + use.use + "` require `" + *missing + "`, too");
  ir::SchedulerUse out{.use = use.use, .flags = {}, .args = scheduler->args};
  out.args.insert(out.args.end(), use.args.begin(), use.args.end());
  for (const ir::SchedulerFlag& flag : scheduler->flags) {
    if (!has(use.flags, flag.name)) continue;
    out.flags.push_back(flag.name);
    out.args.insert(out.args.end(), flag.args.begin(), flag.args.end());
  }
  if (schedulers_.scenario().watchdog)
    for (const std::string& argument : scheduler->watchdog_args)
      out.args.push_back(told(argument, *schedulers_.scenario().watchdog));
  return out;
}

void Cast::add(const ir::Scheduler& scheduler) {
  if (std::ranges::find(used_, &scheduler) != used_.end()) return;
  used_.push_back(&scheduler);
  if (schedulers_.scenario().watchdog && scheduler.watchdog_args.empty() && !scheduler.builtin)
    notes_.push_back("the watchdog of " +
                     schema::Scalar<Nanos>::print(*schedulers_.scenario().watchdog) +
                     " is not told to `" + scheduler.name + "`, which has no watchdog_args");
}

void Cast::fill(ir::Case& out) const {
  for (const ir::Scheduler* scheduler : used_) {
    out.schedulers.push_back(
        {.name = scheduler->name,
         .definition = schedulers_.place_of(scheduler->name),
         .binary = scheduler->builtin ? "" : scheduler->binary.value_or(scheduler->name),
         .config = scheduler->config,
         .kernels = scheduler->kernels});
    out.program.schedulers.push_back({.name = scheduler->name,
                                      .program = {},
                                      .config = {},
                                      .builtin = scheduler->builtin,
                                      .sysctls = scheduler->sysctls,
                                      .attach_timeout = scheduler->attach_timeout});
    for (const std::string& word : scheduler->kargs)
      if (!has(out.kargs, word)) out.kargs.push_back(word);
  }
  out.notes.insert(out.notes.end(), notes_.begin(), notes_.end());
}

}  // namespace ktstr::expand
