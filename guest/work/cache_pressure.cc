// SPDX-License-Identifier: GPL-2.0-only
#include <new>
#include <vector>

#include "guest/work/worker.h"
#include "ir/work/memory.h"

namespace ktstr::guest {

template <>
void run_work(const ir::CachePressure& pressure, Worker& worker) {
  std::vector<std::uint8_t> buffer;
  try {
    buffer.resize(pressure.size.count);
  } catch (const std::bad_alloc&) {
    worker.fail("allocate the buffer");
  }
  const auto stride = static_cast<std::size_t>(pressure.stride.get());
  volatile std::uint8_t* bytes = buffer.data();
  std::size_t at = 0;
  while (!worker.stopping()) {
    for (int access = 0; access < 1024; ++access) {
      bytes[at] = static_cast<std::uint8_t>(bytes[at] + 1);
      at = (at + stride) % buffer.size();
    }
    worker.iterate(1024);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
