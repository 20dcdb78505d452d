// SPDX-License-Identifier: GPL-2.0-only
// Runs a vCPU of KVM's: hands its port and memory accesses to the buses and turns every exit after
// which it cannot go on into the state that ends the machine.
#pragma once

#include <array>
#include <atomic>
#include <functional>

#include "vmm/devices/bus.h"
#include "vmm/kvm/crew.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/machine.h"

namespace ktstr::vmm::kvm {

/// What the vCPUs of a machine share.
struct Surroundings {
  const Bus& ports;
  const Bus& memory;
  std::function<void(State)> end;  ///< Called on the vCPU's thread; halts the crew.
};

class VcpuRunner final : public Runner {
 public:
  static constexpr std::uint32_t exit_reasons = 64;

  /// `surroundings` outlives it.
  VcpuRunner(GuestCpu number, Vcpu vcpu, const Surroundings& surroundings)
      : number_(number), vcpu_(std::move(vcpu)), surroundings_(surroundings) {}

  bool turn() override;
  void interrupt(bool wanted) override { vcpu_.interrupt(wanted); }
  Result<VcpuRegisters> registers() override;

  [[nodiscard]] const Vcpu& vcpu() const { return vcpu_; }
  /// How often KVM_RUN returned for a reason (KVM_EXIT_…). Any thread.
  [[nodiscard]] std::uint64_t exits(std::uint32_t reason) const {
    return exits_[reason].load(std::memory_order_relaxed);
  }

 private:
  void access_ports();
  void access_memory();
  void on_system_event();
  void on_internal_error();
  void end(Condition condition, const std::string& what);

  GuestCpu number_;
  Vcpu vcpu_;
  const Surroundings& surroundings_;
  std::array<std::atomic<std::uint64_t>, exit_reasons> exits_{};
};

/// `io`, `mmio`, … for a reason that has a name here, else its number.
std::string exit_name(std::uint32_t reason);

}  // namespace ktstr::vmm::kvm
