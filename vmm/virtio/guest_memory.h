// SPDX-License-Identifier: GPL-2.0-only
// GuestMemory: the RAM of a guest as this process sees it, one mapping per region. Every address a
// guest names passes through `span`, which hands out only memory that is RAM and lies within one
// region. What the spans hold may change at any moment: read once, then judge.
#pragma once

#include <optional>
#include <vector>

#include "base/guest_view.h"
#include "base/mapping.h"

namespace ktstr::vmm {

class GuestMemory {
 public:
  GuestMemory() = default;
  GuestMemory(GuestMemory&&) = default;
  GuestMemory& operator=(GuestMemory&&) = default;

  /// Adds a region that begins at `start` and is as long as `memory`. Fails when it is empty, runs
  /// over the end of the address space or overlaps another.
  Status add(GuestPhys start, Mapping memory);

  /// The `size` bytes at `from`, or nullopt unless all of them lie within one region. A span of no
  /// bytes is empty wherever it is.
  [[nodiscard]] std::optional<ByteSpan> span(GuestPhys from, std::uint64_t size) const;

  /// From `from` to the end of its region; empty when it is not RAM.
  [[nodiscard]] ByteSpan tail(GuestPhys from) const;

  /// As GuestView::ranges and GuestView::read; a read may cross adjacent regions.
  [[nodiscard]] std::vector<GuestRange> ranges() const;
  Status read(GuestPhys from, ByteSpan out) const;

 private:
  struct Region {
    std::uint64_t start;
    Mapping memory;
  };

  std::vector<Region> regions_;  // Ascending; a handful, so a scan is the fastest search.
};

}  // namespace ktstr::vmm
