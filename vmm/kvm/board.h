// SPDX-License-Identifier: GPL-2.0-only
// What a machine has besides vCPUs and RAM: its buses with the IOAPIC, the serial port and the
// devices that end it, and slots for virtio devices, where vmm/arch/x86_64/acpi_input.h says.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "vmm/console.h"
#include "vmm/devices/bus.h"
#include "vmm/devices/endings.h"
#include "vmm/devices/serial.h"
#include "vmm/kvm/pins.h"
#include "vmm/machine.h"
#include "vmm/virtio/mmio.h"

namespace ktstr::vmm::kvm {

class Board {
 public:
  /// `vm` and `console` outlive it; `end` is called from any vCPU thread.
  static Result<std::unique_ptr<Board>> create(const Vm& vm, Console& console,
                                               std::function<void(State)> end);

  /// Puts a virtio device on the next slot; it outlives the board's use. In the order of the
  /// configuration, before the machine runs.
  Status add(virtio::Mmio& device);

  [[nodiscard]] const Bus& ports() const { return ports_; }
  [[nodiscard]] const Bus& memory() const { return memory_; }

 private:
  class VirtioRegisters final : public BusDevice {
   public:
    explicit VirtioRegisters(virtio::Mmio& device) : device_(device) {}
    std::uint64_t read(std::uint64_t offset, unsigned size) override {
      return device_.read(offset, size);
    }
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
      device_.write(offset, size, value);
    }

   private:
    virtio::Mmio& device_;
  };

  Board(const Vm& vm, Console& console, std::function<void(State)> end, Fd serial_interrupt);
  Status assemble();

  const Vm& vm_;
  std::function<void(State)> end_;
  Fd serial_interrupt_;
  Pins pins_;
  x86_64::Ioapic ioapic_;
  Serial serial_;
  ResetLine reset_;
  Pvpanic pvpanic_;
  SleepRegisters sleep_;
  Bus ports_;
  Bus memory_;
  std::deque<VirtioRegisters> virtio_;
};

}  // namespace ktstr::vmm::kvm
