// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/nodes.h"

#include <string>

#include "base/fd.h"

namespace ktstr::guest {
namespace {

const std::string directory = "/sys/devices/system/node/";

topology::CpuSet parse(std::string_view list) {
  return topology::CpuSet::parse(list).value_or(topology::CpuSet());
}

topology::CpuSet read_list(const std::string& file) {
  const Result<std::string> text = read_text(file);
  return text ? parse(*text) : topology::CpuSet();
}

}  // namespace

std::vector<std::uint32_t> memory_nodes() {
  constexpr std::string_view key = "\nMems_allowed_list:\t";
  topology::CpuSet nodes = read_list(directory + "has_memory");
  const std::string status = read_text("/proc/self/status").value_or("");
  if (const std::size_t at = status.find(key); at != std::string::npos) {
    const std::string_view rest = std::string_view(status).substr(at + key.size());
    nodes = nodes & parse(rest.substr(0, rest.find('\n')));
  }
  return nodes.empty() ? std::vector<std::uint32_t>{0} : nodes.members();
}

std::vector<topology::CpuSet> cpus_by_node() {
  std::vector<topology::CpuSet> out;
  for (const std::uint32_t node : read_list(directory + "has_cpu").members())
    out.push_back(read_list(directory + "node" + std::to_string(node) + "/cpulist"));
  return out;
}

}  // namespace ktstr::guest
