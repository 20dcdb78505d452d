// SPDX-License-Identifier: GPL-2.0-only
// A host made up as files: /proc, /sys and /dev below a temporary directory, for machines larger
// and stranger than the one that runs the tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "host/facts.h"
#include "support/temporary_directory.h"

struct HostShape {
  std::uint32_t sockets = 1;  ///< A NUMA node each.
  std::uint32_t llcs = 1;     ///< Per socket.
  std::uint32_t cores = 2;    ///< Per LLC.
  std::uint32_t threads = 1;  ///< Per core; numbered as Linux does, all first threads first.
  ktstr::Bytes memory = ktstr::Bytes{64} * (std::uint64_t{1} << 30);  ///< Per socket, all free.
};

class MadeUpHost {
 public:
  using CpuSet = ktstr::topology::CpuSet;

  explicit MadeUpHost(const HostShape& shape) : shape_(shape) {
    const std::uint32_t cores = shape.sockets * shape.llcs * shape.cores;
    const CpuSet all = CpuSet::range(0, cores * shape.threads);
    write("/proc/meminfo", "MemTotal: 1 kB\nMemAvailable: " +
                               std::to_string((shape.memory.count >> 10) * shape.sockets) +
                               " kB\n");
    write("/proc/self/limits",
          "Max locked memory         8388608              8388608              bytes\n"
          "Max realtime priority     0                    0                    \n");
    write("/proc/sys/kernel/sched_rt_runtime_us", "950000");
    write("/proc/sys/kernel/sched_rt_period_us", "1000000");
    write("/proc/sys/kernel/random/boot_id", "boot");
    write("/sys/devices/system/cpu/online", to_text(all));
    allow(all);
    for (const std::uint32_t cpu : all.members()) {
      const std::uint32_t core = cpu % cores;
      const std::string directory = cpu_directory(cpu);
      write(directory + "/topology/physical_package_id",
            std::to_string(core / (shape.llcs * shape.cores)));
      write(directory + "/topology/core_cpus_list", to_text(threads_of(core)));
      cache(cpu, 0, 1, "Data", threads_of(core));
      cache(cpu, 1, 1, "Instruction", threads_of(core));
      cache(cpu, 2, 3, "Unified", llc_of(core));
    }
    for (std::uint32_t node = 0; node < shape.sockets; ++node) add_node(node);
  }

  /// What the process may run on, whatever is online.
  void allow(const CpuSet& cpus) {
    write("/proc/self/status",
          "Name:\tx\nCapEff:\t0000000000000000\nCpus_allowed_list:\t" + to_text(cpus) + "\n");
  }
  void permit_everything() {
    const std::string cpus = to_text(facts().allowed);
    write("/proc/self/status", "CapEff:\t000001ffffffffff\nCpus_allowed_list:\t" + cpus + "\n");
  }
  void take_offline(const CpuSet& cpus) {
    const CpuSet online = facts().online - cpus;
    write("/sys/devices/system/cpu/online", to_text(online));
    for (const std::uint32_t cpu : cpus.members())
      for (const char* gone : {"/topology", "/cache"})
        std::filesystem::remove_all(root() + cpu_directory(cpu) + gone);
  }
  void set_hugepages(std::uint32_t node, std::uint64_t total, std::uint64_t free) {
    const std::string pool = node_directory(node) + "/hugepages/hugepages-2048kB";
    write(pool + "/nr_hugepages", std::to_string(total));
    write(pool + "/free_hugepages", std::to_string(free));
  }
  void cache(std::uint32_t cpu, std::uint32_t index, std::uint32_t level, const std::string& type,
             const CpuSet& shared) {
    const std::string directory = cpu_directory(cpu) + "/cache/index" + std::to_string(index);
    write(directory + "/level", std::to_string(level));
    write(directory + "/type", type);
    write(directory + "/shared_cpu_list", to_text(shared));
  }
  void write(const std::string& path, const std::string& text) {
    const std::string full = root() + path;
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    std::ofstream(full) << text << (text.ends_with("\n") ? "" : "\n");
  }
  void remove(const std::string& path) { std::filesystem::remove_all(root() + path); }

  [[nodiscard]] const std::string& root() const { return directory_.path(); }
  [[nodiscard]] ktstr::ir::HostFacts facts() const {
    return ktstr::host::read_facts(root()).value();
  }

  static std::string cpu_directory(std::uint32_t cpu) {
    return "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  }
  static std::string node_directory(std::uint32_t node) {
    return "/sys/devices/system/node/node" + std::to_string(node);
  }

 private:
  [[nodiscard]] CpuSet threads_of(std::uint32_t core) const {
    CpuSet out;
    for (std::uint32_t i = 0; i < shape_.threads; ++i)
      out.add(core + i * shape_.sockets * shape_.llcs * shape_.cores);
    return out;
  }
  [[nodiscard]] CpuSet cores_between(std::uint32_t first, std::uint32_t last) const {
    CpuSet out;
    for (std::uint32_t core = first; core < last; ++core) out = out | threads_of(core);
    return out;
  }
  [[nodiscard]] CpuSet llc_of(std::uint32_t core) const {
    const std::uint32_t first = core / shape_.cores * shape_.cores;
    return cores_between(first, first + shape_.cores);
  }
  void add_node(std::uint32_t node) {
    const std::uint32_t cores = shape_.llcs * shape_.cores;
    const std::string name = "Node " + std::to_string(node) + " ";
    const std::string size = std::to_string(shape_.memory.count >> 10) + " kB\n";
    write(node_directory(node) + "/cpulist",
          to_text(cores_between(node * cores, (node + 1) * cores)));
    write(node_directory(node) + "/meminfo",
          name + "MemTotal:       " + size + name + "MemFree:        " + size);
    std::string distances;
    for (std::uint32_t other = 0; other < shape_.sockets; ++other)
      distances += other == node ? "10 " : "21 ";
    write(node_directory(node) + "/distance", distances);
    set_hugepages(node, 0, 0);
  }

  HostShape shape_;
  TemporaryDirectory directory_;
};
