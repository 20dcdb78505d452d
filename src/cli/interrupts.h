// SPDX-License-Identifier: GPL-2.0-only
// Ctrl-C and SIGTERM: the first ends the work in order, a second one the process at once.
#pragma once

#include <memory>

#include "base/result.h"
#include "run/interrupt.h"

namespace ktstr::cli {

inline constexpr int interrupted_status = 130;

/// While it lives, SIGINT and SIGTERM raise its Interrupt. One at a time per process.
class Interrupts {
 public:
  static Result<Interrupts> caught();
  Interrupts(Interrupts&& other) noexcept = default;
  Interrupts& operator=(Interrupts&&) = delete;
  ~Interrupts();

  [[nodiscard]] const run::Interrupt& interrupt() const { return *interrupt_; }

 private:
  explicit Interrupts(std::unique_ptr<run::Interrupt> interrupt);

  std::unique_ptr<run::Interrupt> interrupt_;  ///< Has an address that a handler may know.
};

}  // namespace ktstr::cli
