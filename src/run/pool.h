// SPDX-License-Identifier: GPL-2.0-only
// Runs independent pieces of work on a few threads, in order of their start.
#pragma once

#include <cstddef>
#include <functional>

namespace ktstr::run {

/// Calls `work(0)` … `work(count - 1)`, at most `threads` at a time; returns when all are done.
void for_each_parallel(std::size_t count, std::size_t threads,
                       const std::function<void(std::size_t)>& work);

}  // namespace ktstr::run
