// SPDX-License-Identifier: GPL-2.0-only
// HostFacts: what this machine can give to guests. Read by src/host, decided upon by src/plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/record.h"
#include "schema/scalars.h"
#include "topology/cpuset.h"

namespace ktstr::ir {

/// CPUs that share a core. The lists hold online CPUs, also those this process may not use.
struct HostCore {
  topology::CpuSet threads;
  std::uint32_t kind = 0;  ///< Cores of one kind are equally fast; 0 are the fastest.

  bool operator==(const HostCore&) const = default;
  static constexpr auto schema = schema::record(
      "host_core", "A core of the host.",
      schema::Field{"threads", &HostCore::threads, "Its CPUs that are online."},
      schema::Field{"kind", &HostCore::kind, "Equal cores have equal kinds; 0 are the fastest."});
};

/// CPUs that share their last level of cache. Named by its lowest online CPU, which all processes
/// of the host agree upon.
struct HostLlc {
  std::uint32_t package = 0;
  std::uint32_t node = 0;
  std::vector<HostCore> cores;  ///< In the order of their first CPU.

  bool operator==(const HostLlc&) const = default;
  static constexpr auto schema =
      schema::record("host_llc", "CPUs of the host that share their last level of cache.",
                     schema::Field{"package", &HostLlc::package, "The socket it is on."},
                     schema::Field{"node", &HostLlc::node, "The NUMA node it belongs to."},
                     schema::Field{"cores", &HostLlc::cores, "Its cores."});

  [[nodiscard]] topology::CpuSet cpus() const {
    topology::CpuSet out;
    for (const HostCore& core : cores) out = out | core.threads;
    return out;
  }
  [[nodiscard]] std::uint32_t id() const { return cores.front().threads.first(); }
};

struct HugepagePool {
  Bytes size;  ///< Of one page.
  std::uint64_t total = 0;
  std::uint64_t free = 0;

  bool operator==(const HugepagePool&) const = default;
  static constexpr auto schema =
      schema::record("hugepage_pool", "Huge pages of one size on one NUMA node.",
                     schema::Field{"size", &HugepagePool::size, "The size of a page."},
                     schema::Field{"total", &HugepagePool::total, "Pages set aside."},
                     schema::Field{"free", &HugepagePool::free, "Pages nobody uses."});
};

struct HostNode {
  std::uint32_t id = 0;
  topology::CpuSet cpus;  ///< Online ones.
  Bytes memory;
  Bytes memory_free;
  std::vector<HugepagePool> hugepages;   ///< By size.
  std::vector<std::uint32_t> distances;  ///< To the nodes in order of their ids; may be empty.

  bool operator==(const HostNode&) const = default;
  static constexpr auto schema = schema::record(
      "host_node", "A NUMA node of the host.", schema::Field{"id", &HostNode::id, "Its number."},
      schema::Field{"cpus", &HostNode::cpus, "Its CPUs that are online."},
      schema::Field{"memory", &HostNode::memory, "Its memory."},
      schema::Field{"memory_free", &HostNode::memory_free, "What is free of it."},
      schema::Field{"hugepages", &HostNode::hugepages, "Its huge pages by size."},
      schema::Field{"distances", &HostNode::distances, "To each node in order."});
};

/// Pressure stall information: the share of the last 10 s in which something waited.
struct HostPressure {
  double cpu = 0;
  double memory = 0;
  double io = 0;

  bool operator==(const HostPressure&) const = default;
  static constexpr auto schema = schema::record(
      "host_pressure", "Percent of the last 10 s in which some task waited for a resource.",
      schema::Field{"cpu", &HostPressure::cpu, "For a CPU."},
      schema::Field{"memory", &HostPressure::memory, "For memory."},
      schema::Field{"io", &HostPressure::io, "For I/O."});
};

enum class CgroupVersion { none, v1, hybrid, v2 };
enum class DeviceAccess { absent, denied, allowed };

struct HostFacts {
  std::uint32_t cpus = 1;         ///< CPUs this process may run on.
  topology::CpuSet online{};      ///< CPUs that are online.
  topology::CpuSet allowed{};     ///< CPUs this process may run on, by affinity and cpuset.
  std::vector<HostLlc> llcs{};    ///< Ascending by id; together they hold all online CPUs.
  std::vector<HostNode> nodes{};  ///< Ascending by id.
  Bytes memory_available{};       ///< MemAvailable.
  CgroupVersion cgroups = CgroupVersion::none;
  std::optional<HostPressure> pressure{};  ///< Absent where the kernel does not measure it.
  DeviceAccess kvm = DeviceAccess::absent;
  std::uint32_t realtime_priority = 0;  ///< The highest SCHED_FIFO priority we may set; 0: none.
  bool realtime_throttled = true;   ///< Whether real-time tasks are stopped for a part of a second.
  std::optional<Bytes> lockable{};  ///< RLIMIT_MEMLOCK; absent: without limit.
  std::string boot_id{};            ///< Differs from boot to boot; empty when unknown.

  bool operator==(const HostFacts&) const = default;
  static constexpr auto schema = schema::record(
      "host_facts", "What this machine can give to guests.",
      schema::Field{"cpus", &HostFacts::cpus, "How many CPUs this process may use."},
      schema::Field{"online", &HostFacts::online, "CPUs that are online."},
      schema::Field{"allowed", &HostFacts::allowed, "CPUs this process may use."},
      schema::Field{"llcs", &HostFacts::llcs, "Groups that share their last level of cache."},
      schema::Field{"nodes", &HostFacts::nodes, "The NUMA nodes."},
      schema::Field{"memory_available", &HostFacts::memory_available, "Memory to be had."},
      schema::Field{"cgroups", &HostFacts::cgroups, "Which cgroup hierarchy is mounted."},
      schema::Field{"pressure", &HostFacts::pressure, "Pressure stall information."},
      schema::Field{"kvm", &HostFacts::kvm, "Access to /dev/kvm."},
      schema::Field{"realtime_priority", &HostFacts::realtime_priority,
                    "The highest SCHED_FIFO priority to be had."},
      schema::Field{"realtime_throttled", &HostFacts::realtime_throttled,
                    "Whether the kernel stops real-time tasks for a part of each second."},
      schema::Field{"lockable", &HostFacts::lockable, "How much memory may be locked."},
      schema::Field{"boot_id", &HostFacts::boot_id, "This boot's id."});
};

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::CgroupVersion> = std::array{
    ktstr::schema::Word{"none", "No cgroup hierarchy."},
    ktstr::schema::Word{"v1", "Version 1 only."},
    ktstr::schema::Word{"hybrid", "Version 1, and version 2 beside it without controllers."},
    ktstr::schema::Word{"v2", "Version 2."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::CgroupVersion>{
    "cgroup_version", "The cgroup hierarchy of a host."};

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::DeviceAccess> =
    std::array{ktstr::schema::Word{"absent", "It does not exist."},
               ktstr::schema::Word{"denied", "It may not be opened."},
               ktstr::schema::Word{"allowed", "It may be opened."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::DeviceAccess>{
    "device_access", "Whether a device can be used."};
