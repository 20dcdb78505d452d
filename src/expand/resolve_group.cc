// SPDX-License-Identifier: GPL-2.0-only
// Groups of workers: how many they are, and whether the kernel can give them what they want.
#include <algorithm>
#include <cmath>

#include "base/overload.h"
#include "expand/resolver.h"

namespace ktstr::expand {
namespace {

using topology::CpuSet;

constexpr std::size_t longest_comm = 15;  // TASK_COMM_LEN less the zero.

bool has(const std::vector<ir::NodeFlag>& flags, ir::NodeFlag flag) {
  return std::ranges::find(flags, flag) != flags.end();
}

bool is_everywhere(const std::optional<ir::Affinity>& affinity) {
  return !affinity || std::holds_alternative<ir::InheritAffinity>(*affinity) ||
         std::holds_alternative<ir::SpanningAffinity>(*affinity);
}

/// The bandwidth of a cgroup is that of its fair tasks.
bool escapes_cpu_max(const ir::Policy& policy) {
  return std::holds_alternative<ir::FifoPolicy>(policy) ||
         std::holds_alternative<ir::RrPolicy>(policy) ||
         std::holds_alternative<ir::DeadlinePolicy>(policy);
}

}  // namespace

ir::WorkGroup with_defaults(const ir::WorkGroup& own, const ir::WorkGroup& defaults) {
  ir::WorkGroup out = own;
  const auto inherit = [&](auto member) {
    if (!(out.*member)) out.*member = defaults.*member;
  };
  inherit(&ir::WorkGroup::workers);
  inherit(&ir::WorkGroup::work);
  inherit(&ir::WorkGroup::policy);
  inherit(&ir::WorkGroup::nice);
  inherit(&ir::WorkGroup::affinity);
  inherit(&ir::WorkGroup::node);
  inherit(&ir::WorkGroup::mem_policy);
  inherit(&ir::WorkGroup::clone);
  inherit(&ir::WorkGroup::comm);
  inherit(&ir::WorkGroup::uid);
  inherit(&ir::WorkGroup::gid);
  return out;
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
  check(group, cgroup, path);
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
  if (group.clone.value_or(ir::Clone::fork) != ir::Clone::fork && needs_process(*group.work))
    reporter_.report(code("conflict"), path + ".clone",
                     "a worker of " + name + " needs a process of its own");
  if (group.uid.value_or(0) != 0 && (needs_network(*group.work) || nested_cgroups(*group.work)))
    reporter_.report(code("conflict"), path + ".uid", "only root is permitted to do " + name);
}

void CgroupResolver::resolve(ir::Affinity& affinity, const std::string& path) {
  if (std::holds_alternative<ir::SmtPairAffinity>(affinity) && topology_.threads < 2)
    reporter_.report(
        code("bad_cpuset"), path,
        "`smt_pair` is of cores with two threads or more, and this machine's have one");
  if (const auto* exact = std::get_if<ir::ExactCpus>(&affinity))
    resolve_cpuset(*exact, topology_, path, reporter_);
}

void CgroupResolver::resolve(ir::Policy& policy, const std::string& path) {
  if (!resolve_expressions(schema::ref_to(policy), path, variables_, reporter_)) return;
  check(policy, path);
}

void CgroupResolver::check(const ir::Policy& policy, const std::string& path) {
  const auto* deadline = std::get_if<ir::DeadlinePolicy>(&policy);
  if (deadline == nullptr) return;
  if (deadline->runtime > deadline->deadline || deadline->deadline > deadline->period)
    reporter_.report(code("out_of_range"), path,
                     "a deadline task needs runtime <= deadline <= period");
}

/// The policies of all workers, those that the work gives some of them, too.
void CgroupResolver::check_policies(const ir::WorkGroup& group, const std::string& cgroup,
                                    const std::string& path) {
  // The kernel admits a deadline task to all CPUs that are balanced together, or not at all.
  const bool everywhere =
      is_everywhere(group.affinity) && !group.node && cpus_of(cgroup) == topology_.all_cpus();
  std::vector<ir::Policy> seen;
  for (std::uint32_t i = 0; i < group_size(*group.work); ++i) {
    const std::optional<ir::Policy> own = policy_of(*group.work, i);
    const std::optional<ir::Policy>& policy = own ? own : group.policy;
    if (!policy || std::ranges::find(seen, *policy) != seen.end()) continue;
    seen.push_back(*policy);
    const std::string here = path + (own ? ".work" : ".policy");
    check(*policy, here);
    if (escapes_cpu_max(*policy) && is_capped(cgroup))
      reporter_.report(code("unlimited_policy"), here,
                       "`cpu: {max}` of `" + cgroup + "` does not limit workers with this policy",
                       "it is for fair tasks and those of sched_ext");
    if (std::holds_alternative<ir::DeadlinePolicy>(*policy) && !everywhere)
      reporter_.report(code("conflict"), here,
                       "workers with the policy `deadline` must be allowed to use every CPU",
                       "take away the cpuset of `" + cgroup + "`, `affinity` and `node`");
  }
}

/// Those that the work moves its memory to.
void CgroupResolver::check(const ir::NumaWorkingSetSweep& sweep, const std::string& cgroup,
                           const std::string& path) {
  for (std::size_t i = 0; i < sweep.nodes.size(); ++i) {
    const std::int64_t node = sweep.nodes[i].get();
    const std::string here = path + ".nodes[" + std::to_string(i) + "]";
    if (node_exists(node, here))
      check_allowed(CpuSet{static_cast<std::uint32_t>(node)}, cgroup, here);
  }
}

void CgroupResolver::check_allowed(const CpuSet& nodes, const std::string& cgroup,
                                   const std::string& path) {
  const CpuSet outside = nodes - nodes_of(cgroup);
  if (!outside.empty())
    reporter_.report(code("conflict"), path,
                     "`" + cgroup + "` may not take memory from nodes " + to_text(outside),
                     "its cpuset_mems is {" + to_text(nodes_of(cgroup)) + "}");
}

void CgroupResolver::check(const ir::WorkGroup& group, const std::string& cgroup,
                           const std::string& path) {
  if (group.comm && (group.comm->empty() || group.comm->size() > longest_comm ||
                     group.comm->find_first_of(std::string_view("\n\0", 2)) != std::string::npos))
    reporter_.report(code("bad_value"), path + ".comm",
                     "`" + *group.comm + "` cannot be the name of a process",
                     "the kernel keeps at most 15 bytes");
  if (group.node && node_exists(group.node->get(), path + ".node") &&
      (topology_.cpus_of_node(static_cast<std::uint32_t>(group.node->get())) & cpus_of(cgroup))
          .empty())
    reporter_.report(code("bad_cpuset"), path + ".node",
                     "node " + std::to_string(group.node->get()) + " has none of the CPUs that `" +
                         cgroup + "` may use, {" + to_text(cpus_of(cgroup)) + "}");
  if (group.mem_policy) check(*group.mem_policy, cgroup, path + ".mem_policy");
  if (const auto* sweep = std::get_if<ir::NumaWorkingSetSweep>(&*group.work))
    check(*sweep, cgroup, path + ".work.numa_working_set_sweep");
  check_policies(group, cgroup, path);
}

bool CgroupResolver::node_exists(std::int64_t node, const std::string& path) {
  if (node < static_cast<std::int64_t>(topology_.nodes.size())) return true;
  reporter_.report(code("out_of_range"), path,
                   "there is no node " + std::to_string(node) + ": " + to_text(topology_) +
                       " has " + std::to_string(topology_.nodes.size()) + ", counted from 0");
  return false;
}

bool CgroupResolver::check_nodes(const CpuSet& nodes, const std::string& path) {
  const auto count = static_cast<std::uint32_t>(topology_.nodes.size());
  const CpuSet beyond = nodes - CpuSet::range(0, count);
  if (nodes.empty())
    reporter_.report(code("bad_value"), path, "the set of nodes is empty");
  else if (!beyond.empty())
    reporter_.report(code("out_of_range"), path,
                     "nodes " + to_text(beyond) + " do not exist: " + to_text(topology_) + " has " +
                         std::to_string(count) + ", counted from 0");
  return !nodes.empty() && beyond.empty();
}

void CgroupResolver::check(const ir::MemPolicy& policy, const std::string& cgroup,
                           const std::string& path) {
  const auto with_nodes = [&](const auto& it) {
    const bool moved = has(it.flags, ir::NodeFlag::static_nodes);
    const bool counted = has(it.flags, ir::NodeFlag::relative_nodes);
    if (moved && counted)
      reporter_.report(code("conflict"), path, "`static` and `relative` exclude each other");
    if (has(it.flags, ir::NodeFlag::balancing) &&
        !std::is_same_v<std::remove_cvref_t<decltype(it)>, ir::BindMemory>)
      reporter_.report(code("conflict"), path, "`balancing` is for `bind` only");
    // Relative ones are counted round and round, so any number has a meaning.
    if (counted && !it.nodes.empty()) return;
    if (!check_nodes(it.nodes, path) || moved) return;
    check_allowed(it.nodes, cgroup, path);
  };
  std::visit(Overload{[](const ir::LocalMemory&) {}, with_nodes}, policy);
}

}  // namespace ktstr::expand
