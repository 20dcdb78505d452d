// SPDX-License-Identifier: GPL-2.0-only
// Disk: the bytes behind a block device. A raw file, changed in place, never, or on a copy: then
// what is written goes to an unnamed file that is as large, and a bitmap says which clusters are
// there. Every range a caller gives lies within the disk.
#pragma once

#include "base/fd.h"
#include "base/mapping.h"
#include "vmm/config.h"

namespace ktstr::vmm::virtio {

class Disk {
 public:
  static constexpr std::uint64_t sector = 512;
  static constexpr std::uint64_t cluster = 4096;

  /// `overlay_directory` is where a copy's unnamed file is made.
  static Result<Disk> open(const std::string& path, DiskMode mode,
                           const std::string& overlay_directory);

  [[nodiscard]] std::uint64_t size() const { return size_; }  ///< Whole sectors, at least one.
  [[nodiscard]] bool read_only() const { return mode_ == DiskMode::read_only; }

  Status read(std::uint64_t offset, ByteSpan out) const;
  // Not for a read-only disk.
  Status write(std::uint64_t offset, ByteView bytes);
  Status zero(std::uint64_t offset, std::uint64_t size);
  /// What was written is safe from a crash of the host. A copy dies with us and has no need of it.
  Status flush() const;

 private:
  Disk(DiskMode mode, std::uint64_t size, Fd base)
      : mode_(mode), size_(size), base_(std::move(base)) {}

  Status add_overlay(const std::string& directory);
  [[nodiscard]] bool copied(std::uint64_t index) const;
  Status copy_up(std::uint64_t index);
  Status copy_edges(std::uint64_t offset, std::uint64_t size);
  void mark(std::uint64_t offset, std::uint64_t size);
  [[nodiscard]] const Fd& written() const { return overlay_ ? overlay_ : base_; }

  DiskMode mode_;
  std::uint64_t size_;
  Fd base_;
  Fd overlay_;      // Only of a copy, as the next.
  Mapping copied_;  // A bit per cluster; untouched pages of it take no memory.
};

}  // namespace ktstr::vmm::virtio
