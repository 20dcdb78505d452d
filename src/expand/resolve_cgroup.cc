// SPDX-License-Identifier: GPL-2.0-only
#include <cmath>

#include "base/overload.h"
#include "expand/resolver.h"
#include "schema/walk.h"

namespace ktstr::expand {
namespace {

using topology::CpuSet;

/// Puts `number` in the place of every `{i}` in the cgroup's strings.
void interpolate(ir::Cgroup& cgroup, std::int64_t number) {
  constexpr std::string_view variable = "{i}";
  const std::string text = std::to_string(number);
  schema::for_each_text(schema::ref_to(cgroup), [&](std::string& string, const schema::Site&) {
    for (std::size_t at = string.find(variable); at != std::string::npos;
         at = string.find(variable, at + text.size()))
      string.replace(at, variable.size(), text);
  });
}

/// The group's own keys, and the defaults for those it does not have.
ir::WorkGroup merged(const ir::WorkGroup& own, const ir::WorkGroup& defaults) {
  return {.workers = own.workers ? own.workers : defaults.workers,
          .work = own.work ? own.work : defaults.work,
          .policy = own.policy ? own.policy : defaults.policy,
          .nice = own.nice ? own.nice : defaults.nice,
          .affinity = own.affinity ? own.affinity : defaults.affinity};
}

}  // namespace

CpuSet CgroupResolver::cpus_of(const std::string& cgroup) const {
  for (std::string name = cgroup; !name.empty();) {
    if (const auto found = cpus_.find(name); found != cpus_.end()) return found->second;
    const std::size_t slash = name.rfind('/');
    name.resize(slash == std::string::npos ? 0 : slash);
  }
  return topology_.all_cpus();
}

std::optional<std::int64_t> CgroupResolver::repetitions(const ir::ForEach& each,
                                                        const std::string& path) {
  if (const auto* count = std::get_if<ir::Count>(&each)) {
    ir::Count number = *count;
    if (!resolve_expressions(schema::ref_to(number), path + ".for_each", variables_, reporter_))
      return std::nullopt;
    if (number.get() >= 0 && number.get() <= CpuSet::limit) return number.get();
    reporter_.report(code("out_of_range"), path + ".for_each",
                     "a cgroup cannot be repeated " + std::to_string(number.get()) + " times");
    return std::nullopt;
  }
  switch (std::get<ir::Each>(each)) {
    case ir::Each::node:
      return static_cast<std::int64_t>(topology_.nodes.size());
    case ir::Each::cpu_node:
      return topology_.cpu_node_count();
    case ir::Each::llc:
      return topology_.llc_count();
    case ir::Each::core:
      return topology_.core_count();
    case ir::Each::cpu:
      return topology_.cpu_count();
  }
  return std::nullopt;
}

std::vector<ir::Cgroup> CgroupResolver::resolve(const ir::Cgroup& cgroup, const std::string& path) {
  if (!cgroup.for_each) return {resolve_one(cgroup, path, variables_)};
  std::vector<ir::Cgroup> out;
  const std::int64_t count = repetitions(*cgroup.for_each, path).value_or(0);
  for (std::int64_t i = 0; i < count; ++i) {
    // cpu_node counts the nodes that have CPUs, but `{node: i}` wants a node's own number.
    std::int64_t number = i;
    if (cgroup.for_each == ir::ForEach(ir::Each::cpu_node))
      for (std::int64_t node = 0, seen = -1; seen < i; ++node)
        if (topology_.nodes[static_cast<std::size_t>(node)].llcs > 0) {
          ++seen;
          number = node;
        }
    ir::Cgroup copy = cgroup;
    copy.for_each.reset();
    interpolate(copy, number);
    Variables variables = variables_;
    variables.set("i", static_cast<double>(number));
    out.push_back(resolve_one(std::move(copy), path, variables));
  }
  return out;
}

ir::Cgroup CgroupResolver::resolve_one(ir::Cgroup cgroup, const std::string& path,
                                       const Variables& variables) {
  if (cgroup.cpuset &&
      resolve_expressions(schema::ref_to(*cgroup.cpuset), path + ".cpuset", variables, reporter_)) {
    if (const auto cpus = resolve_cpuset(*cgroup.cpuset, topology_, path + ".cpuset", reporter_)) {
      set_cpus(cgroup.name, *cpus);
      cgroup.cpuset = ir::ExactCpus{*cpus};
    }
  }
  resolve_expressions(schema::ref_to(cgroup.cpu), path + ".cpu", variables, reporter_);
  std::vector<ir::WorkGroup> groups = std::move(cgroup.groups);
  const bool alone = groups.empty();
  if (alone) groups.emplace_back();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = merged(groups[i], cgroup.group);
    resolve(groups[i], cgroup.name, alone ? path : path + ".groups[" + std::to_string(i) + "]",
            variables);
  }
  std::erase_if(groups, [](const ir::WorkGroup& group) {
    return group.workers == ir::Workers(ir::Count(0));
  });
  cgroup.group = {};
  cgroup.groups = std::move(groups);
  return cgroup;
}

void CgroupResolver::resolve(ir::WorkGroup& group, const std::string& cgroup,
                             const std::string& path, const Variables& variables) {
  if (!group.workers) group.workers = default_workers_;
  if (!group.work) group.work = ir::Spin{};
  if (!resolve_expressions(schema::ref_to(group), path, variables, reporter_)) return;
  if (const auto* share = std::get_if<Share>(&*group.workers)) {
    const double cpus = cpus_of(cgroup).count();
    // Guards against 0.07 * 100 = 7.000000000000001 becoming eight workers.
    group.workers = ir::Count(static_cast<std::int64_t>(std::ceil(cpus * share->fraction - 1e-9)));
  }
  check_work(group, path);
  // Its pairs make sense nowhere else.
  if (!group.affinity && std::holds_alternative<ir::SmtSiblingSpin>(*group.work))
    group.affinity = ir::SmtPairAffinity{};
  if (group.affinity) resolve(*group.affinity, path + ".affinity");
}

void CgroupResolver::check_work(const ir::WorkGroup& group, const std::string& path) {
  const std::string name(name_of(*group.work));
  if (const std::string_view flaw = flaw_of(*group.work); !flaw.empty())
    reporter_.report(code("bad_value"), path + ".work", std::string(flaw));
  const std::int64_t workers = std::get<ir::Count>(*group.workers).get();
  const std::uint32_t size = group_size(*group.work);
  if (workers % size != 0)
    reporter_.report(code("group_size"), path + ".workers",
                     name + " works in groups of " + std::to_string(size) + ", which " +
                         std::to_string(workers) + " workers do not fill");
  bool leaves_any = false;
  for (std::uint32_t i = 0; i < size && !leaves_any; ++i) leaves_any = !policy_of(*group.work, i);
  if (group.policy && !leaves_any)
    reporter_.report(code("conflict"), path + ".policy",
                     name + " gives all of its workers a policy itself");
  if (const auto* sweep = std::get_if<ir::NumaWorkingSetSweep>(&*group.work))
    check_nodes(*sweep, path + ".work.numa_working_set_sweep.nodes");
}

void CgroupResolver::check_nodes(const ir::NumaWorkingSetSweep& sweep, const std::string& path) {
  const auto nodes = static_cast<std::int64_t>(topology_.nodes.size());
  for (std::size_t i = 0; i < sweep.nodes.size(); ++i)
    if (sweep.nodes[i].get() >= nodes)
      reporter_.report(code("out_of_range"), path + "[" + std::to_string(i) + "]",
                       "there is no node " + std::to_string(sweep.nodes[i].get()) +
                           " on a machine of " + std::to_string(nodes));
}

void CgroupResolver::resolve(ir::Affinity& affinity, const std::string& path) {
  if (std::holds_alternative<ir::SmtPairAffinity>(affinity) && topology_.threads < 2)
    reporter_.report(
        code("bad_cpuset"), path,
        "`smt_pair` is of cores with two threads or more, and this machine's have one");
  if (const auto* exact = std::get_if<ir::ExactCpus>(&affinity))
    resolve_cpuset(*exact, topology_, path, reporter_);
}

void CgroupResolver::resolve(ir::CpusetSpec& spec, const std::string& path) {
  if (!resolve_expressions(schema::ref_to(spec), path, variables_, reporter_)) return;
  if (const auto cpus = resolve_cpuset(spec, topology_, path, reporter_))
    spec = ir::ExactCpus{*cpus};
}

}  // namespace ktstr::expand
