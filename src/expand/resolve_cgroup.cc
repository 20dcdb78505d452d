// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

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

/// The set of the cgroup or of its nearest ancestor that has one.
CpuSet of_nearest(const std::map<std::string, CpuSet>& sets, const std::string& cgroup,
                  const CpuSet& otherwise) {
  for (std::string name = cgroup; !name.empty();) {
    if (const auto found = sets.find(name); found != sets.end()) return found->second;
    const std::size_t slash = name.rfind('/');
    name.resize(slash == std::string::npos ? 0 : slash);
  }
  return otherwise;
}

}  // namespace

CpuSet CgroupResolver::cpus_of(const std::string& cgroup) const {
  return of_nearest(cpus_, cgroup, topology_.all_cpus());
}

CpuSet CgroupResolver::nodes_of(const std::string& cgroup) const {
  return of_nearest(nodes_, cgroup,
                    CpuSet::range(0, static_cast<std::uint32_t>(topology_.nodes.size())));
}

bool CgroupResolver::is_capped(const std::string& cgroup) const {
  return std::ranges::any_of(capped_, [&](const std::string& each) {
    return cgroup == each || cgroup.starts_with(each + "/");
  });
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
  repeated_ += count;
  if (repeated_ > most_repeated) {
    if (repeated_ - count <= most_repeated)
      reporter_.report(
          code("out_of_range"), path + ".for_each",
          "a case cannot have more than " + std::to_string(most_repeated) + " cgroups by for_each");
    return {};
  }
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
  if (cgroup.cpuset_mems && resolve_expressions(schema::ref_to(*cgroup.cpuset_mems),
                                                path + ".cpuset_mems", variables, reporter_)) {
    resolve(*cgroup.cpuset_mems, path + ".cpuset_mems");
    nodes_[cgroup.name] = std::get<ir::ExactNodes>(*cgroup.cpuset_mems).nodes;
  }
  resolve_expressions(schema::ref_to(cgroup.cpu), path + ".cpu", variables, reporter_);
  if (cgroup.cpu.max && std::holds_alternative<Share>(*cgroup.cpu.max)) capped_.insert(cgroup.name);
  resolve_expressions(schema::ref_to(cgroup.io), path + ".io", variables, reporter_);
  resolve_expressions(schema::ref_to(cgroup.pids), path + ".pids", variables, reporter_);
  std::vector<ir::WorkGroup> groups = std::move(cgroup.groups);
  const bool alone = groups.empty();
  if (alone && !cgroup.is_for_payload_alone()) groups.emplace_back();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = with_defaults(groups[i], cgroup.group);
    if (cgroup.swappable && work_ != nullptr) groups[i].work = *work_;
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

void CgroupResolver::resolve(ir::CpusetSpec& spec, const std::string& path) {
  if (!resolve_expressions(schema::ref_to(spec), path, variables_, reporter_)) return;
  if (const auto cpus = resolve_cpuset(spec, topology_, path, reporter_))
    spec = ir::ExactCpus{*cpus};
}

void CgroupResolver::resolve(ir::NodesSpec& nodes, const std::string& path) {
  if (const auto* one = std::get_if<ir::OneNode>(&nodes)) {
    const std::int64_t node = one->index.get();
    const bool exists = node_exists(node, path);
    nodes = ir::ExactNodes{exists ? CpuSet{static_cast<std::uint32_t>(node)} : CpuSet()};
    return;
  }
  check_nodes(std::get<ir::ExactNodes>(nodes).nodes, path);
}

}  // namespace ktstr::expand
