// SPDX-License-Identifier: GPL-2.0-only
// A vCPU of KVM's. All but `interrupt` is for one thread at a time: KVM lets others wait until the
// vCPU leaves the guest.
#pragma once

#include <span>
#include <vector>

#include <linux/kvm.h>

#include "base/fd.h"
#include "base/mapping.h"
#include "vmm/arch/x86_64/cpuid.h"

namespace ktstr::vmm::kvm {

struct Msr {
  std::uint32_t index = 0;
  std::uint64_t value = 0;
};

class Vcpu {
 public:
  static Result<Vcpu> create(Fd fd, Bytes run_size);

  /// Lets it run until there is something to do; 0, or the errno of KVM_RUN.
  [[nodiscard]] int run() const;
  /// While set, `run` finishes what the last exit left to do and returns EINTR. Any thread.
  void interrupt(bool wanted) const;
  /// Why `run` returned.
  [[nodiscard]] const kvm_run& exit() const { return *state(); }
  /// The bytes of a port exit (KVM_EXIT_IO); empty when KVM says nonsense.
  [[nodiscard]] ByteSpan port_bytes() const;
  /// The bytes of a memory exit (KVM_EXIT_MMIO).
  [[nodiscard]] ByteSpan memory_bytes() const;

  [[nodiscard]] Result<kvm_regs> registers() const;
  Status set_registers(const kvm_regs& registers) const;
  [[nodiscard]] Result<kvm_sregs> system_registers() const;
  Status set_system_registers(const kvm_sregs& registers) const;
  Status set_cpuid(std::span<const x86_64::CpuidLeaf> leaves) const;
  [[nodiscard]] Result<std::uint64_t> msr(std::uint32_t index) const;
  Status set_msrs(std::span<const Msr> msrs) const;

  /// Tells the guest, through its kvmclock, that it was stopped. Fails when it has no kvmclock.
  Status announce_pause() const;
  /// What is added to the host's time stamp counter to make the guest's; fails before Linux 5.16.
  [[nodiscard]] Result<std::uint64_t> tsc_offset() const;
  Status set_tsc_offset(std::uint64_t offset) const;
  /// KVM's binary statistics, to be read at any time; invalid where this KVM has none.
  [[nodiscard]] const Fd& statistics() const { return statistics_; }

 private:
  Vcpu(Fd fd, Mapping shared, Fd statistics)
      : fd_(std::move(fd)), shared_(std::move(shared)), statistics_(std::move(statistics)) {}
  [[nodiscard]] kvm_run* state() const {
    return reinterpret_cast<kvm_run*>(shared_.bytes().data());
  }

  Fd fd_;
  Mapping shared_;
  Fd statistics_;
};

}  // namespace ktstr::vmm::kvm
