// SPDX-License-Identifier: GPL-2.0-only
// Bus: which device answers at which address, of memory-mapped or port I/O. Filled before the
// machine runs and not changed any more, so that every vCPU thread looks devices up without a lock.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ktstr::vmm {

/// Called from any vCPU thread, by several at once; returns soon.
class BusDevice {
 public:
  virtual ~BusDevice() = default;

  /// `size` is 1 to 8, `[offset, offset + size)` lies within the device's range.
  virtual std::uint64_t read(std::uint64_t offset, unsigned size) = 0;
  virtual void write(std::uint64_t offset, unsigned size, std::uint64_t value) = 0;
};

class Bus {
 public:
  /// `device` outlives the bus's use. Fails when the range is empty, passes the last address or
  /// overlaps another.
  Status add(std::uint64_t start, std::uint64_t size, BusDevice& device);

  /// At most 8 bytes. Where no device answers for all of them, they read as ones.
  void read(std::uint64_t address, ByteSpan out) const;
  void write(std::uint64_t address, ByteView bytes) const;

 private:
  struct Range {
    std::uint64_t start;
    std::uint64_t size;
    BusDevice* device;
  };

  [[nodiscard]] const Range* find(std::uint64_t address, std::uint64_t size) const;

  std::vector<Range> ranges_;  // Ascending.
};

}  // namespace ktstr::vmm
