// SPDX-License-Identifier: GPL-2.0-only
#include "expand/resolve.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/overload.h"
#include "expand/resolver.h"
#include "schema/walk.h"

namespace ktstr::expand {
namespace {

/// Vars may use each other in any order that is not a circle; parse has refused circles.
Variables with_vars(const ir::Scenario& scenario, const topology::Topology& topology,
                    Reporter& reporter) {
  Variables variables(topology);
  std::map<std::string, ir::Number> open = scenario.vars;
  for (bool progress = true; progress && !open.empty();) {
    progress = false;
    for (auto var = open.begin(); var != open.end();) {
      const ir::Expr expr = var->second.resolved() ? ir::Expr{var->second.get()}
                                                   : std::get<ir::Expr>(var->second.value);
      const Result<double> value = evaluate(expr, variables);
      if (value) variables.set(var->first, *value);
      progress = progress || value.has_value();
      var = value ? open.erase(var) : std::next(var);
    }
  }
  for (const auto& [name, value] : open)
    reporter.report(code("evaluation"), "vars." + name,
                    evaluate(std::get<ir::Expr>(value.value), variables).error());
  return variables;
}

/// Of octal digits; parse has refused anything else.
std::uint32_t mode_of(std::string_view digits) {
  std::uint32_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out, 8);
  return out;
}

/// The definitions of the payloads that the program runs. A name under `for_each` is known only
/// now.
std::vector<ir::Payload> payloads_of(const ir::Scenario& scenario, const ir::Program& program,
                                     Reporter& reporter) {
  if (scenario.payloads.empty()) return {};
  std::set<std::string_view> used;
  schema::walk(schema::cref_to(program), [&](schema::ConstRef value, const schema::Site&) {
    if (value.type == &schema::type_of<ir::Cgroup>()) {
      if (const auto& name = static_cast<const ir::Cgroup*>(value.data)->payload)
        used.insert(*name);
    } else if (value.type == &schema::type_of<ir::DefineCgroup>()) {
      if (const auto& name = static_cast<const ir::DefineCgroup*>(value.data)->cgroup.payload)
        used.insert(*name);
    } else if (value.type == &schema::type_of<ir::RunPayload>()) {
      used.insert(static_cast<const ir::RunPayload*>(value.data)->payload);
    }
    return schema::Descend::yes;
  });
  std::vector<ir::Payload> out;
  for (const ir::Payload& payload : scenario.payloads)
    if (used.erase(payload.name) > 0) out.push_back(payload);
  for (const std::string_view name : used)
    reporter.report(code("unknown_payload"), "payloads",
                    "there is no payload `" + std::string(name) + "`");
  return out;
}

class ProgramResolver {
 public:
  ProgramResolver(const ir::Scenario& scenario, CgroupResolver& cgroups, Cast& cast)
      : scenario_(scenario), cgroups_(cgroups), cast_(cast) {}

  ir::Backdrop backdrop() {
    return {.cgroups = resolve(scenario_.backdrop.cgroups, "backdrop.cgroups"),
            .ops = resolve(scenario_.backdrop.ops, "backdrop.ops")};
  }

  std::vector<ir::Step> steps() {
    std::vector<ir::Step> out;
    if (scenario_.steps.empty()) {
      out.push_back({.name = "step_1",
                     .cgroups = resolve(scenario_.cgroups, "cgroups"),
                     .ops = {},
                     .hold = ir::Hold(scenario_.duration)});
      duration_ += scenario_.duration;
      return out;
    }
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) out.push_back(step(i));
    return out;
  }

  [[nodiscard]] Nanos duration() const { return duration_; }
  [[nodiscard]] Nanos patience() const { return patience_; }

 private:
  ir::Step step(std::size_t index) {
    const ir::Step& given = scenario_.steps[index];
    const std::string path = "steps[" + std::to_string(index) + "]";
    ir::Step out{.name = given.name.empty() ? "step_" + std::to_string(index + 1) : given.name,
                 .cgroups = resolve(given.cgroups, path + ".cgroups"),
                 .ops = resolve(given.ops, path + ".ops"),
                 .hold = given.hold};
    for (const ir::Cgroup& cgroup : out.cgroups) cgroups_.forget(cgroup.name);
    if (out.hold) {
      out.hold = resolve(*out.hold);
      const Nanos length = std::visit(
          Overload{[](const ir::Repeat& repeat) { return std::get<Nanos>(repeat.length); },
                   [](Nanos time) { return time; }, [](Share) { return Nanos(0); }},
          *out.hold);
      duration_ += length;
    }
    return out;
  }

  Nanos in_time(Share share) const {
    return std::chrono::duration_cast<Nanos>(scenario_.duration * share.fraction);
  }

  ir::Hold resolve(const ir::Hold& hold) const {
    return std::visit(Overload{[&](Share share) -> ir::Hold { return in_time(share); },
                               [](Nanos time) -> ir::Hold { return time; },
                               [&](ir::Repeat repeat) -> ir::Hold {
                                 if (const auto* share = std::get_if<Share>(&repeat.length))
                                   repeat.length = in_time(*share);
                                 return repeat;
                               }},
                      hold);
  }

  std::vector<ir::Cgroup> resolve(const std::vector<ir::Cgroup>& cgroups, const std::string& path) {
    std::vector<ir::Cgroup> out;
    out.reserve(cgroups.size());
    for (std::size_t i = 0; i < cgroups.size(); ++i)
      std::ranges::move(cgroups_.resolve(cgroups[i], path + "[" + std::to_string(i) + "]"),
                        std::back_inserter(out));
    return out;
  }

  std::vector<ir::Op> resolve(const std::vector<ir::Op>& ops, const std::string& path) {
    std::vector<ir::Op> out;
    out.reserve(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const std::string here = path + "[" + std::to_string(i) + "]." + std::string(name_of(ops[i]));
      std::visit([&](const auto& op) { add(out, op, here); }, ops[i]);
    }
    return out;
  }

  void add(std::vector<ir::Op>& out, const ir::DefineCgroup& op, const std::string& path) {
    for (ir::Cgroup& cgroup : cgroups_.resolve(op.cgroup, path))
      out.push_back(ir::DefineCgroup{std::move(cgroup)});
  }

  void add(std::vector<ir::Op>& out, ir::SetCpuset op, const std::string& path) {
    cgroups_.resolve(op.to, path + ".to");
    if (const auto* exact = std::get_if<ir::ExactCpus>(&op.to))
      cgroups_.set_cpus(op.cgroup, exact->cpus);
    out.push_back(std::move(op));
  }

  void add(std::vector<ir::Op>& out, const ir::ClearCpuset& op, const std::string&) {
    cgroups_.clear_cpus(op.cgroup);
    out.push_back(op);
  }

  void add(std::vector<ir::Op>& out, const ir::SwapCpusets& op, const std::string&) {
    const topology::CpuSet first = cgroups_.cpus_of(op.first);
    cgroups_.set_cpus(op.first, cgroups_.cpus_of(op.second));
    cgroups_.set_cpus(op.second, first);
    out.push_back(op);
  }

  void add(std::vector<ir::Op>& out, ir::Spawn op, const std::string& path) {
    cgroups_.resolve(op.group, op.cgroup, path, cgroups_.variables());
    out.push_back(std::move(op));
  }

  void add(std::vector<ir::Op>& out, ir::SetAffinity op, const std::string& path) {
    cgroups_.resolve(op.to, path + ".to");
    out.push_back(std::move(op));
  }

  void add(std::vector<ir::Op>& out, ir::SetPolicy op, const std::string& path) {
    cgroups_.resolve(op.to, path + ".to");
    out.push_back(std::move(op));
  }

  void add(std::vector<ir::Op>& out, const ir::Sleep& op, const std::string&) {
    duration_ += op.duration;
    out.push_back(op);
  }

  void add(std::vector<ir::Op>& out, const ir::WaitPayload& op, const std::string&) {
    const auto payload = std::ranges::find(scenario_.payloads, op.payload, &ir::Payload::name);
    const bool ends = payload != scenario_.payloads.end() && payload->timeout;
    patience_ += op.timeout ? *op.timeout : ends ? *payload->timeout : Nanos(0);
    out.push_back(op);
  }

  void add(std::vector<ir::Op>& out, const ir::AttachScheduler& op, const std::string& path) {
    out.push_back(ir::AttachScheduler{cast_.resolve(op.scheduler, path)});
  }

  void add(std::vector<ir::Op>& out, const ir::ReplaceScheduler& op, const std::string& path) {
    out.push_back(ir::ReplaceScheduler{cast_.resolve(op.scheduler, path)});
  }

  void add(std::vector<ir::Op>& out, ir::Hotplug op, const std::string& path) {
    if (!resolve_expressions(schema::ref_to(op), path, cgroups_.variables(), cgroups_.reporter()))
      return;
    const std::uint32_t cpus = cgroups_.topology().cpu_count();
    if (op.cpu.get() >= cpus)
      cgroups_.reporter().report(code("out_of_range"), path + ".cpu",
                                 "there is no CPU " + std::to_string(op.cpu.get()) +
                                     " on a machine of " + std::to_string(cpus));
    out.push_back(std::move(op));
  }

  /// Ops that hold nothing but numbers to resolve.
  template <class Other>
  void add(std::vector<ir::Op>& out, Other op, const std::string& path) {
    resolve_expressions(schema::ref_to(op), path, cgroups_.variables(), cgroups_.reporter());
    out.push_back(std::move(op));
  }

  const ir::Scenario& scenario_;
  CgroupResolver& cgroups_;
  Cast& cast_;
  Nanos duration_{0};
  Nanos patience_{0};
};

}  // namespace

std::optional<topology::Topology> topology_of(const ir::Scenario& scenario,
                                              const ir::TopologySpec* fallback,
                                              const ir::SourceMap& map, Diagnostics& diagnostics) {
  Reporter reporter(map, diagnostics);
  const ir::TopologySpec spec = scenario.topology ? *scenario.topology
                                : fallback        ? *fallback
                                                  : ir::TopologySpec(topology::Shape{});
  if (const auto* shape = std::get_if<topology::Shape>(&spec)) {
    const Result<topology::Topology> topology = topology::expand(*shape);
    if (topology) return with_memory(*topology, scenario.memory);
    reporter.report(code("bad_topology"), "topology", topology.error());
    return std::nullopt;
  }
  const auto& topology = std::get<topology::Topology>(spec);
  if (const std::optional<std::string> wrong = flaw(topology)) {
    reporter.report(code("bad_topology"), "topology", "the topology cannot be had: " + *wrong);
    return std::nullopt;
  }
  return with_memory(topology, scenario.memory);
}

std::optional<Resolved> resolve(const ir::Scenario& scenario, const Under& under,
                                const topology::Topology& topology, Cast& cast,
                                const ir::SourceMap& map, Diagnostics& diagnostics) {
  Diagnostics found;
  Reporter reporter(map, found);
  const Variables variables = with_vars(scenario, topology, reporter);
  ir::Count workers = scenario.workers;
  resolve_expressions(schema::ref_to(workers), "workers", variables, reporter);
  CgroupResolver cgroups(topology, variables, workers, under.work, reporter);
  ProgramResolver resolver(scenario, cgroups, cast);

  Resolved out;
  out.program.topology = topology;
  out.program.seed = scenario.seed.value_or(0);
  out.program.settle = scenario.settle;
  out.program.sample_every = scenario.sample_every;
  out.program.disk = scenario.disk;
  if (under.scheduler) out.program.scheduler = cast.resolve(*under.scheduler, "scheduler");
  out.program.sysctls = scenario.sysctls;
  out.program.cgroup_root = scenario.cgroup_root;
  for (const ir::FileSpec& file : scenario.files)
    out.program.files.push_back({.to = file.to, .packed = {}, .mode = mode_of(file.mode)});
  out.program.backdrop = resolver.backdrop();
  out.program.steps = resolver.steps();
  out.duration = resolver.duration();
  out.patience = resolver.patience();
  out.payloads = payloads_of(scenario, out.program, reporter);
  for (const ir::Payload& payload : out.payloads)
    out.program.payloads.push_back(
        {.name = payload.name, .argv = payload.run, .timeout = payload.timeout});
  for (const auto& [name, value] : scenario.vars)
    if (const Result<double> number = variables.find(name)) out.vars.emplace(name, *number);
  const bool sound = found.ok();
  diagnostics.append(found);
  if (!sound) return std::nullopt;
  return out;
}

}  // namespace ktstr::expand
