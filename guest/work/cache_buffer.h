// SPDX-License-Identifier: GPL-2.0-only
// CacheBuffer: memory that a worker reads, changes and writes back in strides.
#pragma once

#include <cstdint>
#include <vector>

#include "guest/work/worker.h"

namespace ktstr::guest {

class CacheBuffer {
 public:
  /// Gives up for the worker when there is not as much memory.
  CacheBuffer(Worker& worker, Bytes size, std::size_t stride);

  /// So many accesses, going on where the last ones ended.
  void touch(std::uint64_t accesses);

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t stride_;
  std::size_t at_ = 0;
};

}  // namespace ktstr::guest
