// SPDX-License-Identifier: GPL-2.0-only
// Reads from sysfs which CPUs share a last-level cache, for scx_llc.
#pragma once

#include <filesystem>
#include <optional>

#include "bpf/layout.h"

namespace ktstr::bpf {

/// `cpus` is a folder like /sys/devices/system/cpu. A CPU without a cpuN/cache is offline:
/// KTSTR_LLC_UNKNOWN. Where no CPU has one (a machine that hides its caches), all share one.
/// nullopt: more CPUs or caches than the layout holds, or no CPU at all.
std::optional<ktstr_layout> read_layout(const std::filesystem::path& cpus);

}  // namespace ktstr::bpf
