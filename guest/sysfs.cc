// SPDX-License-Identifier: GPL-2.0-only
#include "guest/sysfs.h"

#include <charconv>
#include <map>
#include <sstream>

#include <unistd.h>

#include "base/fd.h"

namespace ktstr::guest {
namespace {

using topology::CpuSet;

Result<CpuSet> read_list(const std::string& path) {
  const std::string text = TRY(read_text(path));
  const auto cpus = CpuSet::parse(text);
  if (!cpus) return fail("read `" + text.substr(0, 80) + "` in " + path);
  return *cpus;
}

/// -1 when the file is not there or holds no number.
std::int64_t read_number(const std::string& path) {
  const Result<std::string> text = read_text(path);
  std::int64_t value = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// The CPUs sharing the level-3 cache; empty without one.
Result<CpuSet> read_llc(const std::string& cpu_directory) {
  constexpr int most_caches = 16;
  for (int index = 0; index < most_caches; ++index) {
    const std::string cache = cpu_directory + "/cache/index" + std::to_string(index);
    if (::access(cache.c_str(), F_OK) != 0) break;
    if (read_number(cache + "/level") == 3) return read_list(cache + "/shared_cpu_list");
  }
  return CpuSet();
}

/// Pages present per node, over all of its zones.
std::map<std::uint32_t, std::uint64_t> present_pages(const std::string& zoneinfo) {
  std::map<std::uint32_t, std::uint64_t> out;
  std::istringstream lines(zoneinfo);
  std::string line;
  std::uint32_t node = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "Node")
      words >> node;
    else if (std::uint64_t pages = 0; word == "present" && words >> pages)
      out[node] += pages;
  }
  return out;
}

Result<topology::CpuView> read_cpu(const std::string& directory, std::uint32_t cpu) {
  topology::CpuView view;
  view.cpu = cpu;
  view.package = read_number(directory + "/topology/physical_package_id");
  view.die = read_number(directory + "/topology/die_id");
  view.core = read_number(directory + "/topology/core_id");
  view.threads = TRY(read_list(directory + "/topology/thread_siblings_list"));
  view.llc = TRY(read_llc(directory));
  return view;
}

/// A kernel without NUMA has one node and no directory of nodes.
Result<std::vector<topology::NodeView>> read_nodes(const std::string& root, const CpuSet& online) {
  const std::string directory = root + "/sys/devices/system/node/";
  const auto pages = present_pages(TRY(read_text(root + "/proc/zoneinfo", 16_MiB)));
  const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto memory_of = [&](std::uint32_t node) {
    const auto found = pages.find(node);
    return Bytes{found == pages.end() ? 0 : found->second * page_size};
  };
  std::vector<topology::NodeView> out;
  if (::access((directory + "online").c_str(), F_OK) != 0) {
    out.push_back({.cpus = online, .memory = memory_of(0), .distances = {10}});
    return out;
  }
  for (const std::uint32_t node : TRY(read_list(directory + "online")).members()) {
    if (node != out.size()) return fail("read " + directory + "online: nodes with holes");
    const std::string base = directory + "node" + std::to_string(node);
    topology::NodeView view;
    view.cpus = TRY(read_list(base + "/cpulist"));
    view.memory = memory_of(node);
    std::istringstream distances(TRY(read_text(base + "/distance")));
    std::uint32_t distance = 0;
    while (distances >> distance) view.distances.push_back(distance);
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace

Result<topology::MachineView> read_machine(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  const CpuSet online = TRY(read_list(cpus + "online"));
  topology::MachineView view;
  for (const std::uint32_t cpu : online.members())
    view.cpus.push_back(TRY(read_cpu(cpus + "cpu" + std::to_string(cpu), cpu)));
  view.nodes = TRY(read_nodes(root, online));
  for (topology::CpuView& cpu : view.cpus)
    for (std::size_t node = 0; node < view.nodes.size(); ++node)
      if (view.nodes[node].cpus.contains(cpu.cpu)) cpu.node = static_cast<std::int64_t>(node);
  return view;
}

}  // namespace ktstr::guest
