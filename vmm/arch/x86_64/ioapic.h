// SPDX-License-Identifier: GPL-2.0-only
// An I/O APIC (Intel 82093AA) in user space, for a KVM whose irqchip is split: it turns pins into
// the MSIs their redirection entries describe and leaves delivery to the kernel. All sources here
// are edges, so a level-triggered entry gets one interrupt per event and its EOI means nothing.
#pragma once

#include <array>
#include <mutex>

#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/devices/bus.h"

namespace ktstr::vmm::x86_64 {

struct Msi {
  std::uint64_t address = 0;  ///< Bits 40..63: bits 8..31 of a destination, as x2APIC has it.
  std::uint32_t data = 0;

  bool operator==(const Msi&) const = default;
};

/// What stands behind the pins. Called under the IOAPIC's lock, from vCPU threads.
class PinTargets {
 public:
  virtual ~PinTargets() = default;
  /// From now on events of `pin` become this message; those held back come at once.
  virtual void connect(std::uint32_t pin, const Msi& message) = 0;
  /// Events of `pin` are held back.
  virtual void disconnect(std::uint32_t pin) = 0;
};

/// The message of a redirection entry.
Msi message_of(std::uint64_t redirection_entry);

class Ioapic final : public BusDevice {
 public:
  /// `targets` outlives it. All pins are disconnected at first.
  explicit Ioapic(PinTargets& targets);

  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

 private:
  void write_half(std::uint32_t pin, bool high, std::uint32_t value);

  PinTargets& targets_;
  std::mutex mutex_;
  std::uint8_t selected_ = 0;
  std::uint32_t id_ = 0;
  std::array<std::uint64_t, ioapic_pins> entries_;
};

}  // namespace ktstr::vmm::x86_64
