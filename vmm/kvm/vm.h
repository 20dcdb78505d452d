// SPDX-License-Identifier: GPL-2.0-only
// A virtual machine of KVM's: memory, vCPUs, and the ways events enter and leave it without a
// thread of ours. The irqchip is always split: LAPICs in the kernel, the IOAPIC in user space.
#pragma once

#include <span>

#include "base/fd.h"
#include "base/units.h"
#include "vmm/arch/x86_64/ioapic.h"
#include "vmm/kvm/vcpu.h"

namespace ktstr::vmm::kvm {

/// A pin of the IOAPIC and the message it sends.
struct Route {
  std::uint32_t gsi = 0;
  x86_64::Msi message;
};

class Vm {
 public:
  Vm(Fd fd, Bytes run_size) : fd_(std::move(fd)), run_size_(run_size) {}

  /// Split irqchip with `pins`, 32-bit APIC ids, KVM's own pages. Before the first vCPU.
  Status set_up_x86(std::uint32_t pins) const;
  /// Idle and spinning vCPUs keep their CPU. Before the first vCPU; see `can_keep_running`.
  Status keep_running() const;
  /// `memory` stays mapped as long as the VM.
  Status add_memory(std::uint32_t slot, GuestPhys start, ByteSpan memory) const;
  [[nodiscard]] Result<Vcpu> create_vcpu(std::uint32_t id) const;

  /// Replaces all routes.
  Status set_routes(std::span<const Route> routes) const;
  /// Each event of the eventfd raises `gsi`; also one that came before.
  Status attach_interrupt(std::uint32_t gsi, const Fd& event) const;
  Status detach_interrupt(std::uint32_t gsi, const Fd& event) const;
  /// A 32-bit MMIO write of `value` to `address` signals the eventfd and does nothing else.
  Status attach_write(GuestPhys address, std::uint32_t value, const Fd& event) const;

  [[nodiscard]] Result<std::uint64_t> clock() const;  ///< kvmclock, in nanoseconds.
  Status set_clock(std::uint64_t nanoseconds) const;
  /// KVM's binary statistics; ENOTTY where it has none.
  [[nodiscard]] Result<Fd> statistics() const;

 private:
  Fd fd_;
  Bytes run_size_;
};

}  // namespace ktstr::vmm::kvm
