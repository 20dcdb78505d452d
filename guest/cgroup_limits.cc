// SPDX-License-Identifier: GPL-2.0-only
// Limits of cgroups: the file of each, and the controller it needs, which is enabled only then.
#include <cmath>

#include "guest/cgroup.h"

namespace ktstr::guest {
namespace {

std::string text_of(const ir::MemoryMax& limit) {
  const auto* bytes = std::get_if<Bytes>(&limit);
  return bytes ? std::to_string(bytes->count) : "max";
}

}  // namespace

Status Cgroups::limit(const ir::Cgroup& cgroup) {
  if (cgroup.cpuset_mems)
    TRY(set_nodes(cgroup.name, std::get<ir::ExactNodes>(*cgroup.cpuset_mems).nodes));
  TRY(set_cpu(cgroup.name, cgroup.cpu));
  TRY(set_memory(cgroup.name, cgroup.memory));
  TRY(set_io(cgroup.name, cgroup.io));
  return set_pids(cgroup.name, cgroup.pids);
}

Status Cgroups::set_cpu(const std::string& name, const ir::CpuLimits& limits) {
  if (!limits.weight && !limits.max) return {};
  TRY(enable(name, "cpu"));
  if (limits.weight) TRY(write(name, "cpu.weight", std::to_string(limits.weight->get())));
  if (!limits.max) return {};
  constexpr std::int64_t period_us = 100'000;
  const auto* share = std::get_if<Share>(&*limits.max);
  const std::string quota =
      share ? std::to_string(std::llround(share->fraction * static_cast<double>(period_us)))
            : "max";
  return write(name, "cpu.max", quota + " " + std::to_string(period_us));
}

Status Cgroups::set_memory(const std::string& name, const ir::MemoryLimits& limits) {
  const std::pair<const char*, std::optional<std::string>> files[] = {
      {"memory.max", limits.max ? std::optional(text_of(*limits.max)) : std::nullopt},
      {"memory.high", limits.high ? std::optional(text_of(*limits.high)) : std::nullopt},
      {"memory.low", limits.low ? std::optional(std::to_string(limits.low->count)) : std::nullopt},
      {"memory.swap.max",
       limits.swap_max ? std::optional(text_of(*limits.swap_max)) : std::nullopt}};
  for (const auto& [file, text] : files) {
    if (!text) continue;
    TRY(enable(name, "memory"));
    TRY(write(name, file, *text));
  }
  return {};
}

Status Cgroups::set_io(const std::string& name, const ir::IoLimits& limits) {
  if (!limits.weight) return {};
  TRY(enable(name, "io"));
  return write(name, "io.weight", std::to_string(limits.weight->get()));
}

Status Cgroups::set_pids(const std::string& name, const ir::PidsLimits& limits) {
  if (!limits.max) return {};
  TRY(enable(name, "pids"));
  const auto* count = std::get_if<ir::Count>(&*limits.max);
  return write(name, "pids.max", count ? std::to_string(count->get()) : "max");
}

}  // namespace ktstr::guest
