// SPDX-License-Identifier: GPL-2.0-only
// Runs independent pieces of work on a few threads, in order of their start.
#pragma once

#include <cstddef>
#include <functional>

namespace ktstr {

/// Calls `work(0)` … `work(count - 1)`, at most `threads` at a time; returns when all are done.
/// `work` does not throw.
void for_each_parallel(std::size_t count, std::size_t threads,
                       const std::function<void(std::size_t)>& work);

/// As many threads as this process has CPUs for.
std::size_t hardware_threads();

}  // namespace ktstr
