// SPDX-License-Identifier: GPL-2.0-only
// The pins of the IOAPIC on KVM: each device's eventfd becomes the message its pin sends, without a
// thread of ours. A masked pin's eventfd is taken off, so that its events wait there.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "vmm/arch/x86_64/ioapic.h"
#include "vmm/kvm/vm.h"

namespace ktstr::vmm::kvm {

class Pins final : public x86_64::PinTargets {
 public:
  /// `vm` outlives it. `failed`: KVM refused, and the device behind a pin is dead.
  Pins(const Vm& vm, std::function<void(const Error&)> failed)
      : vm_(vm), failed_(std::move(failed)) {}

  /// `event` outlives it. Before the machine runs, once per pin.
  void wire(std::uint32_t pin, const Fd& event) { events_[pin] = &event; }

  void connect(std::uint32_t pin, const x86_64::Msi& message) override;
  void disconnect(std::uint32_t pin) override;

 private:
  Status route();

  const Vm& vm_;
  std::function<void(const Error&)> failed_;
  std::array<const Fd*, x86_64::ioapic_pins> events_{};
  std::array<std::optional<x86_64::Msi>, x86_64::ioapic_pins> messages_;
};

}  // namespace ktstr::vmm::kvm
