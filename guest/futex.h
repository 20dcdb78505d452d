// SPDX-License-Identifier: GPL-2.0-only
// futex(2) on words in memory shared between processes.
#pragma once

#include <atomic>
#include <climits>
#include <cstdint>

#include <linux/futex.h>
#include <sys/syscall.h>

#include <unistd.h>

namespace ktstr::guest {

/// Sleeps while the word has this value, until woken or interrupted by a signal.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

inline void futex_wake(std::atomic<std::uint32_t>& word, int waiters) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, waiters, nullptr, nullptr, 0);
}

}  // namespace ktstr::guest
