// SPDX-License-Identifier: GPL-2.0-only
// Small reads from /proc and /sys below any root. What cannot be read is absent: kernels differ in
// what they show, and tests make machines up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/cpuset.h"

namespace ktstr::host {

/// The file without trailing blanks.
std::optional<std::string> read_value(const std::string& path);
std::optional<std::uint64_t> read_number(const std::string& path);
/// nullopt also when the file is empty.
std::optional<topology::CpuSet> read_cpus(const std::string& path);
/// The rest of the line that begins with `key`, blanks around it removed.
std::optional<std::string> field(std::string_view text, std::string_view key);
/// The decimal number at the beginning of the text.
std::optional<std::uint64_t> leading_number(std::string_view text);
/// The entries of a directory called `prefix` and a number, by number.
std::vector<std::uint32_t> numbered_entries(const std::string& directory, std::string_view prefix);

}  // namespace ktstr::host
