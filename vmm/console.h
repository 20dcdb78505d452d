// SPDX-License-Identifier: GPL-2.0-only
// Console: a bounded capture of what a machine prints. Of a flood it keeps the beginning (a quarter
// of the limit: how the boot went) and the end (why it stopped) and counts what lay between.
// Thread-safe: one side appends, any may look.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "base/units.h"

namespace ktstr::vmm {

class Console {
 public:
  explicit Console(Bytes limit = 4_MiB);

  void append(ByteView bytes);

  [[nodiscard]] std::uint64_t total() const;    ///< Bytes ever appended.
  [[nodiscard]] std::uint64_t dropped() const;  ///< Bytes no longer held.
  /// Everything held; where bytes were dropped a line says how many.
  [[nodiscard]] std::string text() const;
  /// The last `lines` lines held, each with its newline (the last may lack one).
  [[nodiscard]] std::string tail(std::size_t lines) const;

  struct Chunk {
    std::string text;
    std::uint64_t next = 0;     ///< Where to go on reading.
    std::uint64_t skipped = 0;  ///< Bytes before `text` that were dropped before they were read.
  };
  /// What was appended from byte `offset` on, for those who follow the output: contiguous, so that
  /// there may be more to read from `next`.
  [[nodiscard]] Chunk from(std::uint64_t offset) const;

 private:
  [[nodiscard]] std::uint64_t dropped_locked() const;
  [[nodiscard]] std::string latest_locked(std::uint64_t count) const;

  const std::size_t head_limit_;
  const std::size_t ring_limit_;
  mutable std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string ring_;  // Grows to ring_limit_, then byte n after the head lies at n % ring_limit_.
};

}  // namespace ktstr::vmm
