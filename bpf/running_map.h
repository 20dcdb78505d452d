// SPDX-License-Identifier: GPL-2.0-only
// Maps of BPF programs that another process has loaded, by the name that the kernel has for them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ktstr::bpf {

/// Writes the one element of a map of this name and size; of several, the newest. Empty, or what
/// stands in the way.
std::string write_running_map(const std::string& name, std::span<const std::byte> value);

}  // namespace ktstr::bpf
