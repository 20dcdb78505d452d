// SPDX-License-Identifier: GPL-2.0-only
// The RAM of a guest: one memfd per NUMA node, made before the guest exists and handed to whatever
// runs it, and the layout of those memfds in the guest's physical address space.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/guest_view.h"
#include "topology/topology.h"
#include "vmm/config.h"
#include "vmm/virtio/guest_memory.h"

namespace ktstr::vmm {

/// On a PC, RAM fills the space up to the gap for devices and goes on at 4 GiB.
inline constexpr GuestPhys ram_gap_start{3_GiB .count};
inline constexpr GuestPhys ram_gap_end{4_GiB .count};

/// A part of a node's memory that is contiguous in the guest.
struct RamRegion {
  std::uint32_t node = 0;
  Bytes offset;  ///< Within the node's memfd.
  GuestRange range;

  bool operator==(const RamRegion&) const = default;
};

/// The nodes' memory one after the other, around the gap.
std::vector<RamRegion> ram_layout(const topology::Topology& topology);

/// Lazily touched, unless it is huge pages, and never more than asked for. Reads of registers fail:
/// only a monitor knows them.
class Ram final : public GuestView {
 public:
  /// `name` shows in /proc/PID/maps. `performance`: where the memory comes from, if that matters;
  /// when the host has not enough huge pages any more, others are taken and `notes` says so.
  static Result<Ram> create(const std::string& name, const topology::Topology& topology,
                            const std::optional<Performance>& performance = std::nullopt);

  /// Whether its pages are huge ones: then no file can be mapped over a part of one.
  [[nodiscard]] bool has_hugepages() const { return has_hugepages_; }
  /// What `performance` asked for and the host did not give; sentences.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  /// For those who write to it.
  [[nodiscard]] const GuestMemory& memory() const { return memory_; }
  /// The memfd of a node.
  [[nodiscard]] const Fd& node(std::uint32_t index) const { return nodes_[index]; }

  [[nodiscard]] std::vector<GuestRange> ranges() const override { return memory_.ranges(); }
  Status read(GuestPhys from, ByteSpan out) const override { return memory_.read(from, out); }
  Result<VcpuRegisters> registers(GuestCpu cpu) const override;

 private:
  static Result<Ram> make(const std::string& name, const topology::Topology& topology,
                          const Performance& performance);

  std::vector<Fd> nodes_;
  GuestMemory memory_;
  bool has_hugepages_ = false;
  std::vector<std::string> notes_;
};

}  // namespace ktstr::vmm
