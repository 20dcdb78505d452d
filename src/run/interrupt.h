// SPDX-License-Identifier: GPL-2.0-only
// Interrupt: how a signal handler ends runs that wait in poll(2).
#pragma once

#include "base/fd.h"

namespace ktstr::run {

class Interrupt {
 public:
  static Result<Interrupt> create();

  /// Async-signal-safe; for good.
  void raise() const;
  [[nodiscard]] bool raised() const;
  /// Readable once raised, for everybody who waits.
  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  explicit Interrupt(Fd event) : event_(std::move(event)) {}

  Fd event_;
};

}  // namespace ktstr::run
