// SPDX-License-Identifier: GPL-2.0-only
#include "claims/selector.h"

#include "base/diagnostic.h"
#include "base/glob.h"
#include "claims/payload_numbers.h"

namespace ktstr::claims {
namespace {

using Error = tl::unexpected<TypeError>;

Error unknown(std::string message, std::string hint = {}) {
  return Error(TypeError{code("unknown_metric"), std::move(message), std::move(hint)});
}

Type type_of(const ir::Metric& metric) {
  Type out{.dim = dim_of(metric.dimension)};
  out.counter = metric.kind == ir::MetricKind::counter;
  if (metric.kind == ir::MetricKind::distribution) out.base = Base::distribution;
  if (metric.aggregate == ir::Aggregate::unite) out.base = Base::cpus;
  return out;
}

void set_cut(Resolved& out, const ir::Selector& selector) {
  if (!selector.cut) return;
  out.step = selector.cut->text;
  if (!selector.cut->bracketed)
    out.cut = out.step == "*" ? Resolved::Cut::every : Resolved::Cut::one;
  else
    out.cut = is_glob(out.step) ? Resolved::Cut::glob : Resolved::Cut::one;
}

/// `[workers.]metric`, from part `at` on.
tl::expected<Resolved, TypeError> with_metric(Resolved out, const ir::Selector& selector,
                                              std::size_t at) {
  const auto& parts = selector.parts;
  if (at < parts.size() && parts[at].text == "workers" && !parts[at].bracketed) {
    out.workers = true;
    ++at;
    if (at == parts.size()) return type_error("`workers` needs a metric", "a.workers.iterations");
  }
  if (at < parts.size()) {
    const std::string& name = parts[at].text;
    out.metric = ir::find_metric(name);
    if (!out.metric) {
      std::vector<std::string_view> names;
      for (const ir::Metric& metric : ir::metrics) names.push_back(metric.name);
      return unknown("there is no metric `" + name + "`", suggestion(name, names, "metrics"));
    }
    if (at + 1 < parts.size())
      return unknown("the metric `" + name + "` has no parts", "functions stand around: p99(a.x)");
    const ir::Metric& metric = **out.metric;
    if (out.workers && metric.scope == ir::MetricScope::cgroup)
      return type_error("`" + name + "` is of a cgroup, not of a worker");
    out.type = type_of(metric);
  } else {
    if (out.of == Resolved::Of::total)
      return type_error("`total` needs a metric", "total.cpu_time");
    out.type.base = Base::cgroup;
  }
  out.type.vector = out.glob || out.workers;
  set_cut(out, selector);
  if (out.cut == Resolved::Cut::every || out.cut == Resolved::Cut::glob)
    out.type.over = Over::steps;
  return out;
}

tl::expected<Resolved, TypeError> of_machine(const ir::Selector& selector) {
  Resolved out{.of = Resolved::Of::machine};
  if (selector.parts.size() != 2) return type_error("`machine` needs a metric", "machine.cpus");
  if (selector.cut) return type_error("what the machine gives is of the whole run");
  const std::string& name = selector.parts[1].text;
  if (find_row(variables, name)) {
    out.of = Resolved::Of::variable;
    out.variable = name;
    return out;
  }
  out.machine = find_row(machine_metrics, name);
  if (!out.machine) {
    std::vector<std::string_view> names;
    for (const MachineMetric& metric : machine_metrics) names.push_back(metric.name);
    for (const Variable& variable : variables) names.push_back(variable.name);
    return unknown("the machine has no `" + name + "`", suggestion(name, names));
  }
  out.type.dim = dim_of(out.machine->dimension);
  return out;
}

tl::expected<Resolved, TypeError> of_kernel(const ir::Selector& selector) {
  const auto& parts = selector.parts;
  const std::string what = parts.size() > 1 ? parts[1].text : "";
  if (what != "release" || parts.size() > 2)
    return unknown("the kernel has no `" + what + "`", "kernel.release");
  if (selector.cut) return type_error("the kernel is the same in every step");
  return Resolved{.of = Resolved::Of::kernel, .type = {.base = Base::text}};
}

/// `scheduler.attached_for`, `.name`, `scheduler.events.NAME`, `scheduler.stats.FIELD`. Which
/// events there are is known to the kernel, which statistics to the scheduler.
tl::expected<Resolved, TypeError> of_scheduler(const ir::Selector& selector) {
  const auto& parts = selector.parts;
  Resolved out{.of = Resolved::Of::scheduler};
  const std::string what = parts.size() > 1 ? parts[1].text : "";
  if (what == "attached_for" && parts.size() == 2) {
    out.type.dim = dim_of(ir::Dimension::time);
  } else if (what == "name" && parts.size() == 2) {
    out.scheduler = Resolved::SchedulerValue::name;
    out.type.base = Base::text;
  } else if (what == "events" && parts.size() == 3) {
    out.scheduler = Resolved::SchedulerValue::event;
    out.variable = parts[2].text;
    out.type.counter = true;
  } else if (what == "stats" && parts.size() > 2) {
    out.scheduler = Resolved::SchedulerValue::statistic;
    for (std::size_t i = 2; i < parts.size(); ++i)
      out.variable += (i == 2 ? "" : ".") + parts[i].text;
  } else if (what == "events" || what == "stats") {
    return type_error("`scheduler." + what + "` needs the name of one",
                      what == "events" ? "scheduler.events.select_cpu_fallback"
                                       : "scheduler.stats.nr_dispatched");
  } else {
    constexpr std::string_view names[] = {"attached_for", "events", "name", "stats"};
    return unknown("the scheduler has no `" + what + "`",
                   suggestion(what, {std::begin(names), std::end(names)}));
  }
  out.type.sampled = out.scheduler == Resolved::SchedulerValue::event ||
                     out.scheduler == Resolved::SchedulerValue::statistic;
  set_cut(out, selector);
  if (out.cut == Resolved::Cut::every || out.cut == Resolved::Cut::glob)
    out.type.over = Over::steps;
  return out;
}

/// `payload[NAME].exit_code`, `payload[NAME][path.in.its.output]`. Which numbers JSON holds is
/// known to the payload.
tl::expected<Resolved, TypeError> of_payloads(const ir::Selector& selector,
                                              std::span<const ir::Payload> payloads) {
  const auto& parts = selector.parts;
  if (parts.size() < 2 || !parts[1].bracketed)
    return type_error("`payload` needs a name in brackets", "payload[fio].exit_code");
  Resolved out{.of = Resolved::Of::payloads, .cgroup = parts[1].text};
  out.glob = is_glob(out.cgroup);
  std::vector<const ir::Payload*> chosen;
  std::vector<std::string_view> names;
  for (const ir::Payload& payload : payloads) {
    names.push_back(payload.name);
    if (glob_matches(out.cgroup, payload.name)) chosen.push_back(&payload);
  }
  if (chosen.empty())
    return Error(TypeError{code("unknown_payload"), "nothing runs a payload `" + out.cgroup + "`",
                           suggestion(out.cgroup, names)});
  if (parts.size() != 3)
    return type_error("a payload needs one metric",
                      "payload[x].exit_code, payload[x][a.number.of.its.output]");
  if (!parts[2].bracketed) {
    out.payload = find_row(payload_facts, parts[2].text);
    if (out.payload == nullptr) {
      std::vector<std::string_view> facts;
      for (const PayloadFact& fact : payload_facts) facts.push_back(fact.name);
      return unknown("a payload has no `" + parts[2].text + "`",
                     "the numbers of its output stand in brackets; besides there are " +
                         std::string(facts[0]) + ", " + std::string(facts[1]) + ", " +
                         std::string(facts[2]));
    }
    out.type.dim = dim_of(out.payload->dimension);
  } else {
    out.variable = parts[2].text;
    std::optional<Dim> dim;
    for (const ir::Payload* payload : chosen) {
      if (const std::string flaw = flaw_of_number(*payload, out.variable); !flaw.empty())
        return unknown(flaw);
      const Dim here = dim_of(*payload, out.variable);
      if (dim.value_or(here) != here)
        return type_error("`" + out.variable + "` has another unit in another of these payloads");
      dim = here;
    }
    out.type.dim = *dim;
  }
  out.type.vector = true;
  set_cut(out, selector);
  if (out.cut == Resolved::Cut::every)
    return type_error("a run of a payload has one value, not one per step",
                      "@step takes the runs that it started");
  return out;
}

}  // namespace

tl::expected<Resolved, TypeError> resolve(const ir::Selector& selector,
                                          const Vocabulary& vocabulary) {
  const auto& parts = selector.parts;
  const std::string& first = parts.at(0).text;
  if (const Subject* subject = find_row(subjects, first)) {
    if (!subject->built)
      return Error(
          TypeError{code("not_yet"), "this build cannot judge claims about `" + first + "`"});
    if (first == "machine") return of_machine(selector);
    if (first == "kernel") return of_kernel(selector);
    if (first == "scheduler") return of_scheduler(selector);
    if (first == "payload") return of_payloads(selector, vocabulary.payloads);
    if (first == "total") return with_metric({.of = Resolved::Of::total}, selector, 1);
    if (parts.size() < 2 || !parts[1].bracketed)
      return type_error("`cgroup` needs a name in brackets", "cgroup[a/b].max_gap");
    Resolved out{.cgroup = parts[1].text, .glob = is_glob(parts[1].text)};
    return with_metric(std::move(out), selector, 2);
  }
  if (find_row(variables, first) || (parts.size() == 1 && vocabulary.is_var(first))) {
    if (parts.size() > 1) return unknown("`" + first + "` is a number and has no parts");
    if (selector.cut) return type_error("`" + first + "` is the same in every step");
    return Resolved{.of = Resolved::Of::variable, .variable = first};
  }
  return with_metric({.cgroup = first}, selector, 1);
}

}  // namespace ktstr::claims
