// SPDX-License-Identifier: GPL-2.0-only
#include "host/memory.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/fd.h"
#include "host/files.h"

namespace ktstr::host {
namespace {

Bytes kibibytes(const std::string& text, const std::string& key) {
  const std::optional<std::string> value = field(text, key);
  return {value ? leading_number(*value).value_or(0) << 10 : 0};
}

std::vector<ir::HugepagePool> read_pools(const std::string& directory) {
  std::vector<ir::HugepagePool> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    constexpr std::string_view prefix = "hugepages-";
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const std::string pool = directory + "/" + name;
    out.push_back(
        {.size = {leading_number(std::string_view(name).substr(prefix.size())).value_or(0) << 10},
         .total = read_number(pool + "/nr_hugepages").value_or(0),
         .free = read_number(pool + "/free_hugepages").value_or(0)});
  }
  std::ranges::sort(out, {}, &ir::HugepagePool::size);
  return out;
}

std::vector<std::uint32_t> read_distances(const std::string& path) {
  std::istringstream text(read_value(path).value_or(""));
  std::vector<std::uint32_t> out;
  for (std::uint32_t distance = 0; text >> distance;) out.push_back(distance);
  return out;
}

}  // namespace

std::vector<ir::HostNode> read_nodes(const std::string& root, const topology::CpuSet& online) {
  const std::string directory = root + "/sys/devices/system/node";
  std::vector<ir::HostNode> out;
  for (const std::uint32_t id : numbered_entries(directory, "node")) {
    const std::string node = directory + "/node" + std::to_string(id);
    const std::string memory = read_value(node + "/meminfo").value_or("");
    const std::string prefix = "Node " + std::to_string(id) + " ";
    out.push_back({.id = id,
                   .cpus = read_cpus(node + "/cpulist").value_or(topology::CpuSet{}) & online,
                   .memory = kibibytes(memory, prefix + "MemTotal:"),
                   .memory_free = kibibytes(memory, prefix + "MemFree:"),
                   .hugepages = read_pools(node + "/hugepages"),
                   .distances = read_distances(node + "/distance")});
  }
  if (out.empty()) {
    const std::string memory = read_value(root + "/proc/meminfo").value_or("");
    out.push_back({.id = 0,
                   .cpus = online,
                   .memory = kibibytes(memory, "MemTotal:"),
                   .memory_free = kibibytes(memory, "MemFree:"),
                   .hugepages = read_pools(root + "/sys/kernel/mm/hugepages")});
  }
  return out;
}

}  // namespace ktstr::host
