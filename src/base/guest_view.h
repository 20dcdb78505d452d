// SPDX-License-Identifier: GPL-2.0-only
// GuestView: the way everything on the host looks into a running guest. Reads race with the guest
// by nature; callers treat what they read as hostile.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr {

/// A contiguous range of guest-physical RAM.
struct GuestRange {
  GuestPhys start;
  Bytes size;

  bool operator==(const GuestRange&) const = default;
};

/// The registers that reading a guest's memory by virtual address needs.
struct VcpuRegisters {
  std::uint64_t instruction_pointer = 0;
  std::uint64_t stack_pointer = 0;
  std::uint64_t page_table_root = 0;  ///< CR3 on x86-64, TTBR1_EL1 on AArch64.
};

class GuestView {
 public:
  virtual ~GuestView() = default;

  /// The RAM of the guest, ascending by address.
  [[nodiscard]] virtual std::vector<GuestRange> ranges() const = 0;
  /// Copies `out.size()` bytes from `from`; fails when any of them is not RAM.
  virtual Status read(GuestPhys from, ByteSpan out) const = 0;
  /// Fails when the machine cannot tell (a running vCPU, an accelerator without access).
  virtual Result<VcpuRegisters> registers(GuestCpu cpu) const = 0;
};

}  // namespace ktstr
