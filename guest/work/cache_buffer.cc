// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/cache_buffer.h"

#include <new>

namespace ktstr::guest {

CacheBuffer::CacheBuffer(Worker& worker, Bytes size, std::size_t stride) : stride_(stride) {
  try {
    bytes_.resize(size.count);
  } catch (const std::bad_alloc&) {
    worker.fail("allocate the buffer");
  }
}

void CacheBuffer::touch(std::uint64_t accesses) {
  volatile std::uint8_t* bytes = bytes_.data();
  for (std::uint64_t access = 0; access < accesses; ++access) {
    bytes[at_] = static_cast<std::uint8_t>(bytes[at_] + 1);
    at_ = (at_ + stride_) % bytes_.size();
  }
}

}  // namespace ktstr::guest
