// SPDX-License-Identifier: GPL-2.0-only
#include "host/facts.h"

#include <charconv>

#include "base/fd.h"
#include "topology/cpuset.h"

namespace ktstr::host {
namespace {

/// The rest of the line that begins with `key`, leading blanks removed.
Result<std::string> field(const std::string& path, std::string_view key) {
  const std::string text = TRY(read_text(path));
  const std::size_t at = ("\n" + text).find("\n" + std::string(key));
  if (at == std::string::npos) return fail("find " + std::string(key) + " in " + path);
  std::string rest = text.substr(at + key.size(), text.find('\n', at) - at - key.size());
  rest.erase(0, rest.find_first_not_of(" \t"));
  return rest;
}

}  // namespace

Result<ir::HostFacts> read_facts(const std::string& root) {
  const std::string status = root + "/proc/self/status";
  const auto allowed = topology::CpuSet::parse(TRY(field(status, "Cpus_allowed_list:")));
  if (!allowed || allowed->empty()) return fail("read Cpus_allowed_list in " + status);

  const std::string available = TRY(field(root + "/proc/meminfo", "MemAvailable:"));
  std::uint64_t kib = 0;
  std::from_chars(available.data(), available.data() + available.size(), kib);
  return ir::HostFacts{.cpus = allowed->count(), .memory_available = {kib << 10}};
}

}  // namespace ktstr::host
