// SPDX-License-Identifier: GPL-2.0-only
#include "host/facts.h"

#include <algorithm>
#include <charconv>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/cpus.h"
#include "host/files.h"
#include "host/memory.h"

namespace ktstr::host {
namespace {

constexpr std::uint32_t highest_priority = 99;
constexpr unsigned cap_sys_nice = 23;

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

ir::CgroupVersion cgroup_version(const std::string& root) {
  const std::string mounted = root + "/sys/fs/cgroup";
  if (exists(mounted + "/cgroup.controllers")) return ir::CgroupVersion::v2;
  if (exists(mounted + "/unified/cgroup.controllers")) return ir::CgroupVersion::hybrid;
  for (const char* controller : {"/cpu", "/cpuset", "/cpu,cpuacct"})
    if (exists(mounted + controller)) return ir::CgroupVersion::v1;
  return ir::CgroupVersion::none;
}

/// `some avg10=1.23 …`
std::optional<double> some_avg10(const std::string& path) {
  const std::optional<std::string> text = read_value(path);
  const std::optional<std::string> value = text ? field(*text, "some avg10=") : std::nullopt;
  if (!value) return std::nullopt;
  double out = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), out);
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

std::optional<ir::HostPressure> read_pressure(const std::string& directory) {
  const std::optional<double> cpu = some_avg10(directory + "/cpu");
  const std::optional<double> memory = some_avg10(directory + "/memory");
  const std::optional<double> io = some_avg10(directory + "/io");
  if (!cpu || !memory || !io) return std::nullopt;
  return ir::HostPressure{*cpu, *memory, *io};
}

ir::DeviceAccess access_to(const std::string& device) {
  // Opening it is what counts: access(2) knows nothing of device cgroups.
  if (open_file(device, O_RDWR)) return ir::DeviceAccess::allowed;
  return exists(device) ? ir::DeviceAccess::denied : ir::DeviceAccess::absent;
}

/// A soft limit of /proc/self/limits; nullopt when there is none.
std::optional<std::uint64_t> soft_limit(const std::string& limits, std::string_view name) {
  const std::optional<std::string> value = field(limits, name);
  return value ? leading_number(*value) : std::nullopt;
}

/// No more is to be had than the nodes have: MemAvailable is of another file, and the two need not
/// agree in a container or while a balloon changes the machine.
Bytes at_most(const std::vector<ir::HostNode>& nodes, Bytes available) {
  Bytes all;
  for (const ir::HostNode& node : nodes) all.count += node.memory.count;
  return all.count == 0 ? available : std::min(available, all);
}

bool may_set_priorities(const std::string& status) {
  const std::string text = field(status, "CapEff:").value_or("");
  std::uint64_t capabilities = 0;
  std::from_chars(text.data(), text.data() + text.size(), capabilities, 16);
  return (capabilities >> cap_sys_nice & 1) != 0;
}

void read_limits(const std::string& root, const std::string& status, ir::HostFacts& out) {
  const std::string limits = read_value(root + "/proc/self/limits").value_or("");
  const std::uint64_t priority =
      limits.empty() ? 0 : soft_limit(limits, "Max realtime priority").value_or(highest_priority);
  out.realtime_priority = may_set_priorities(status) || priority > highest_priority
                              ? highest_priority
                              : static_cast<std::uint32_t>(priority);
  if (const auto lockable = soft_limit(limits, "Max locked memory"))
    out.lockable = Bytes{*lockable};
  // -1 switches the limit off; it is also none when it covers the whole period.
  const auto kernel = [&](const char* name) {
    return read_number(root + "/proc/sys/kernel/" + name);
  };
  const auto runtime = kernel("sched_rt_runtime_us");
  const auto period = kernel("sched_rt_period_us");
  out.realtime_throttled = runtime && period && *runtime < *period;
}

}  // namespace

Result<ir::HostFacts> read_facts(const std::string& root) {
  const std::string status_path = root + "/proc/self/status";
  const std::string status = TRY(read_text(status_path));
  const std::optional<std::string> list = field(status, "Cpus_allowed_list:");
  const auto may_run_on = list ? topology::CpuSet::parse(*list) : std::nullopt;
  if (!may_run_on || may_run_on->empty()) return fail("read Cpus_allowed_list in " + status_path);
  const std::string memory_path = root + "/proc/meminfo";
  const std::optional<std::string> available = field(TRY(read_text(memory_path)), "MemAvailable:");
  if (!available) return fail("find MemAvailable in " + memory_path);

  ir::HostFacts out;
  // Affinities keep CPUs that went offline.
  out.online = read_cpus(root + "/sys/devices/system/cpu/online").value_or(*may_run_on);
  out.allowed = *may_run_on & out.online;
  if (out.allowed.empty())
    return fail("none of the CPUs " + *list + " of " + status_path + " is online");
  out.cpus = out.allowed.count();
  out.nodes = read_nodes(root, out.online);
  out.llcs = read_llcs(root, out.online, out.nodes);
  out.memory_available = at_most(out.nodes, {leading_number(*available).value_or(0) << 10});
  out.cgroups = cgroup_version(root);
  out.pressure = read_pressure(root + "/proc/pressure");
  out.kvm = access_to(root + "/dev/kvm");
  read_limits(root, status, out);
  out.boot_id = read_value(root + "/proc/sys/kernel/random/boot_id").value_or("");
  return out;
}

}  // namespace ktstr::host
