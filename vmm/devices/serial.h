// SPDX-License-Identifier: GPL-2.0-only
// A 16550A with its line to the host's Console: what the guest sends is kept, nothing is ever sent
// to it. Bytes leave at once, so the transmitter is always empty. Loopback works, for drivers that
// probe with it. Interrupts are edges on an eventfd.
#pragma once

#include <mutex>

#include "base/fd.h"
#include "vmm/console.h"
#include "vmm/devices/bus.h"

namespace ktstr::vmm {

class Serial final : public BusDevice {
 public:
  static constexpr std::uint64_t ports = 8;

  /// Both outlive the device. `interrupt` is an eventfd.
  Serial(Console& console, const Fd& interrupt) : console_(console), interrupt_(interrupt) {}

  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

 private:
  [[nodiscard]] std::uint8_t read_register(std::uint64_t offset);
  void write_register(std::uint64_t offset, std::uint8_t value);
  void transmit(std::uint8_t value);
  void raise_if_wanted();
  [[nodiscard]] bool divisor_latched() const;

  Console& console_;
  const Fd& interrupt_;

  std::mutex mutex_;
  std::uint8_t interrupt_enable_ = 0;
  std::uint8_t fifo_control_ = 0;
  std::uint8_t line_control_ = 3;  // 8 bits, no parity, one stop bit.
  std::uint8_t modem_control_ = 0;
  std::uint8_t scratch_ = 0;
  std::uint16_t divisor_ = 1;
  bool transmitter_emptied_ = false;  // And the guest has not been told.
  std::uint8_t looped_ = 0;           // What loopback received last.
  bool received_ = false;
};

}  // namespace ktstr::vmm
