// SPDX-License-Identifier: GPL-2.0-only
#include "host/cpus.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "host/files.h"

namespace ktstr::host {
namespace {

using topology::CpuSet;

std::string directory_of(const std::string& root, std::uint32_t cpu) {
  return root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
}

/// With whom a CPU shares its last level of cache.
std::optional<CpuSet> cache_mates(const std::string& cpu) {
  std::uint64_t highest = 0;
  std::optional<CpuSet> out;
  for (const std::uint32_t index : numbered_entries(cpu + "/cache", "index")) {
    const std::string cache = cpu + "/cache/index" + std::to_string(index);
    const std::optional<std::uint64_t> level = read_number(cache + "/level");
    if (!level || *level <= highest || read_value(cache + "/type") == "Instruction") continue;
    if (std::optional<CpuSet> shared = read_cpus(cache + "/shared_cpu_list")) {
      highest = *level;
      out = std::move(shared);
    }
  }
  return out;
}

std::uint32_t package_of(const std::string& cpu) {
  // Hypervisors that hide it say -1.
  return static_cast<std::uint32_t>(read_number(cpu + "/topology/physical_package_id").value_or(0));
}

CpuSet thread_mates(const std::string& cpu, std::uint32_t number) {
  for (const char* name : {"/topology/core_cpus_list", "/topology/thread_siblings_list"})
    if (std::optional<CpuSet> threads = read_cpus(cpu + name)) return *std::move(threads);
  return {number};
}

/// How fast each CPU is, as far as the kernel tells: by capacity, or by the two lists that Intel's
/// hybrid processors have.
std::map<std::uint32_t, std::uint64_t> speeds(const std::string& root, const CpuSet& online) {
  const std::optional<CpuSet> slow = read_cpus(root + "/sys/devices/cpu_atom/cpus");
  std::map<std::uint32_t, std::uint64_t> out;
  for (const std::uint32_t cpu : online.members())
    out[cpu] = slow ? (slow->contains(cpu) ? 0 : 1)
                    : read_number(directory_of(root, cpu) + "/cpu_capacity").value_or(0);
  return out;
}

class Grouping {
 public:
  Grouping(const std::string& root, const CpuSet& online) : root_(root), online_(online) {
    for (const auto& [cpu, speed] : speeds(root, online)) speed_[cpu] = speed;
    std::set<std::uint64_t, std::greater<>> known;
    for (const auto& [cpu, speed] : speed_) known.insert(speed);
    for (const std::uint64_t speed : known) kinds_.emplace(speed, kinds_.size());
  }

  /// The group of the lowest CPU that is left, which is taken out of `left`.
  ir::HostLlc next(CpuSet& left) const {
    const std::uint32_t first = left.first();
    const std::string directory = directory_of(root_, first);
    ir::HostLlc out;
    out.package = package_of(directory);
    // A CPU belongs to one group, whatever a firmware claims.
    CpuSet group = cache_mates(directory).value_or(package_mates(out.package, left)) & left;
    group.add(first);
    left = left - group;
    while (!group.empty()) {
      const std::uint32_t cpu = group.first();
      CpuSet threads = thread_mates(directory_of(root_, cpu), cpu) & group;
      threads.add(cpu);
      group = group - threads;
      out.cores.push_back({threads, kinds_.at(speed_.at(cpu))});
    }
    return out;
  }

 private:
  [[nodiscard]] CpuSet package_mates(std::uint32_t package, const CpuSet& left) const {
    CpuSet out;
    for (const std::uint32_t cpu : left.members())
      if (package_of(directory_of(root_, cpu)) == package) out.add(cpu);
    return out;
  }

  const std::string root_;
  const CpuSet online_;
  std::map<std::uint32_t, std::uint64_t> speed_;
  std::map<std::uint64_t, std::uint32_t> kinds_;
};

}  // namespace

std::vector<ir::HostLlc> read_llcs(const std::string& root, const CpuSet& online,
                                   const std::vector<ir::HostNode>& nodes) {
  const Grouping grouping(root, online);
  std::vector<ir::HostLlc> out;
  for (CpuSet left = online; !left.empty();) {
    ir::HostLlc llc = grouping.next(left);
    const auto node = std::ranges::find_if(
        nodes, [&](const ir::HostNode& each) { return each.cpus.contains(llc.id()); });
    if (node != nodes.end()) llc.node = node->id;
    out.push_back(std::move(llc));
  }
  return out;
}

}  // namespace ktstr::host
