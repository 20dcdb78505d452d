// SPDX-License-Identifier: GPL-2.0-only
#include "run/interrupt.h"

#include <sys/eventfd.h>

#include <poll.h>
#include <unistd.h>

namespace ktstr::run {

Result<Interrupt> Interrupt::create() {
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail_errno("eventfd");
  return Interrupt(std::move(event));
}

void Interrupt::raise() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

bool Interrupt::raised() const {
  pollfd watch{event_.get(), POLLIN, 0};
  return ::poll(&watch, 1, 0) == 1;
}

}  // namespace ktstr::run
