// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/nodes.h"

#include <string>

#include "base/fd.h"

namespace ktstr::guest {
namespace {

const std::string directory = "/sys/devices/system/node/";

topology::CpuSet read_list(const std::string& file) {
  const Result<std::string> text = read_text(file);
  return text ? topology::CpuSet::parse(*text).value_or(topology::CpuSet()) : topology::CpuSet();
}

}  // namespace

std::vector<std::uint32_t> memory_nodes() {
  std::vector<std::uint32_t> nodes = read_list(directory + "has_memory").members();
  if (nodes.empty()) nodes.push_back(0);
  return nodes;
}

std::vector<topology::CpuSet> cpus_by_node() {
  std::vector<topology::CpuSet> out;
  for (const std::uint32_t node : read_list(directory + "has_cpu").members())
    out.push_back(read_list(directory + "node" + std::to_string(node) + "/cpulist"));
  return out;
}

}  // namespace ktstr::guest
