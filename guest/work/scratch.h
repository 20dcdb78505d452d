// SPDX-License-Identifier: GPL-2.0-only
// Scratch: where a worker's I/O goes: the machine's disk, or an unnamed file in /tmp without one.
// Blocks are numbered round the disk, so that any number is one.
#pragma once

#include <span>

#include "base/fd.h"
#include "guest/work/worker.h"

namespace ktstr::guest {

class Scratch {
 public:
  static constexpr std::size_t block = 4096;

  /// `flags` are more of open(2). Gives up for the worker when there is no place, but does without
  /// O_DIRECT where the file system has none.
  explicit Scratch(Worker& worker, int flags = 0);

  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
  /// Where this worker begins, so that workers write side by side.
  [[nodiscard]] std::uint64_t first() const { return first_; }

  /// One request each, which blocks until it is done and whose latency is noted.
  void write(std::uint64_t number);
  void read(std::uint64_t number);
  /// As one request: any number of bytes from the block on, then fdatasync.
  void write_and_sync(std::uint64_t number, std::size_t size);
  void sync();

 private:
  enum class Way { in, out };
  void transfer(Way way, std::uint64_t number, std::size_t size);
  void begin();
  void end();

  Worker& worker_;
  Fd fd_;
  std::uint64_t blocks_ = 0;
  std::uint64_t first_ = 0;
  std::span<std::byte> buffer_;
  Nanos begun_{0};
  Nanos frozen_{0};  ///< The worker's frozen time then.
};

}  // namespace ktstr::guest
