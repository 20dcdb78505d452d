// SPDX-License-Identifier: GPL-2.0-only
// Where a process's memory is, from /proc/PID/numa_maps (Documentation/filesystems/proc.rst,
// mm/mempolicy.rst): pages per NUMA node.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ktstr::guest {

/// Pages by node.
using NodePages = std::vector<std::int64_t>;

/// Adds one line's pages, unless they belong to a file: what processes share is nobody's own.
void add_line(std::string_view line, NodePages& pages);
/// All of an open numa_maps; nothing when it cannot be read to its end.
NodePages read_node_pages(int fd);

}  // namespace ktstr::guest
