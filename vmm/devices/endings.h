// SPDX-License-Identifier: GPL-2.0-only
// The devices by which a guest ends its machine or says that it is lost: the reset line of an i8042
// keyboard controller, pvpanic (docs/specs/pvpanic of QEMU, Linux' drivers/misc/pvpanic), and the
// sleep registers of hardware-reduced ACPI (ACPI 6.3 §4.8.3.7). Each calls `report` from a vCPU
// thread.
#pragma once

#include <functional>

#include "vmm/devices/bus.h"
#include "vmm/machine.h"

namespace ktstr::vmm {

using Report = std::function<void(Condition)>;

/// One register at its control port; there is no keyboard.
class ResetLine final : public BusDevice {
 public:
  static constexpr std::uint8_t pulse = 0xfe;

  explicit ResetLine(Report report) : report_(std::move(report)) {}

  /// Status: nothing to read, ready to take a command.
  std::uint64_t read(std::uint64_t, unsigned) override { return 0; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    if (static_cast<std::uint8_t>(value) == pulse) report_(Condition::reset);
  }

 private:
  Report report_;
};

class Pvpanic final : public BusDevice {
 public:
  static constexpr std::uint8_t panicked = 1;
  static constexpr std::uint8_t crash_loaded = 2;  ///< A crash kernel will deal with it.

  explicit Pvpanic(Report report) : report_(std::move(report)) {}

  /// The events that may be reported.
  std::uint64_t read(std::uint64_t, unsigned) override { return panicked | crash_loaded; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    if ((value & panicked) != 0) report_(Condition::panicked);
  }

 private:
  Report report_;
};

/// The control register at offset 0, the status register at 1.
class SleepRegisters final : public BusDevice {
 public:
  static constexpr std::uint64_t ports = 2;

  /// `off` is what the DSDT's \_S5 makes a kernel write.
  SleepRegisters(std::uint8_t off, Report report) : off_(off), report_(std::move(report)) {}

  std::uint64_t read(std::uint64_t, unsigned) override { return 0; }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    if (offset == 0 && static_cast<std::uint8_t>(value) == off_) report_(Condition::powered_off);
  }

 private:
  std::uint8_t off_;
  Report report_;
};

}  // namespace ktstr::vmm
