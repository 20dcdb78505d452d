// SPDX-License-Identifier: GPL-2.0-only
// eventfds that never block: kicks, interrupts and wake-ups.
#pragma once

#include <sys/eventfd.h>

#include <unistd.h>

#include "base/fd.h"

namespace ktstr::vmm {

inline Result<Fd> create_event() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_errno("eventfd");
  return fd;
}

// An eventfd whose counter is full has been signalled already, and one that came from elsewhere
// and is something else hurts only whoever sent it: neither result matters.
inline void signal_event(const Fd& event) {
  const std::uint64_t one = 1;
  if (event) [[maybe_unused]]
    const ssize_t ignored = ::write(event.get(), &one, sizeof one);
}

inline void clear_event(const Fd& event) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = ::read(event.get(), &count, sizeof count);
}

}  // namespace ktstr::vmm
