// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary bytes as the memory of a guest with a virtqueue in it: whatever the driver wrote, the
// device's side ends, stays inside RAM and hands out nothing but RAM.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>

#include "support/fake_virtio_driver.h"

using namespace ktstr;
using namespace ktstr::vmm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fake::Ram ram{16_KiB};
  if (size < 2) return 0;
  const unsigned shape = data[0];
  const ByteView bytes(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  const ByteSpan memory = ram.at(fake::Ram::base, 16 << 10);
  std::memset(memory.data(), 0, memory.size());
  const auto queue_size = static_cast<std::uint16_t>(1u << (shape & 7));
  QueueLayout layout;
  layout.size = queue_size;
  layout.event_index = (shape & 8) != 0;
  // The available ring first, so that short inputs reach it; descriptors follow.
  layout.driver = GuestPhys(fake::Ram::base);
  const std::uint64_t descriptors = (6u + 2u * queue_size + 15) / 16 * 16;
  layout.descriptors = GuestPhys(fake::Ram::base + descriptors);
  const std::uint64_t device = descriptors + 16u * queue_size;
  // Odd places are refused; the used ring may overlap the others, which is the driver's own loss.
  layout.device = GuestPhys(fake::Ram::base + ((shape & 16) != 0 ? device : shape >> 5));
  std::memcpy(memory.data(), bytes.data(), std::min(bytes.size(), memory.size()));
  // Half of the inputs get addresses that are likely to be RAM.
  if ((shape & 32) != 0)
    for (unsigned i = 0; i < queue_size; ++i) {
      const ByteSpan address = memory.subspan(descriptors + 16u * i, 8);
      store_le(address, 0, (load_le<std::uint64_t>(address) & 0x3fff) | fake::Ram::base);
      store_le(memory.subspan(descriptors + 16u * i + 8, 4), 0,
               load_le<std::uint32_t>(memory, descriptors + 16u * i + 8) & 0xfff);
    }

  Result<Queue> queue = Queue::create(ram.memory, layout);
  if (!queue) return 0;
  Chain chain;
  unsigned chains = 0;
  while (queue->peek(chain)) {
    if (chain.readable.size() + chain.writable.size() > queue_size) std::abort();
    unsigned sum = 0;
    for (const ByteSpan part : chain.readable)
      for (const std::byte byte : part.first(std::min<std::size_t>(part.size(), 64)))
        sum += std::to_integer<unsigned>(byte);
    for (const ByteSpan part : chain.writable)
      if (!part.empty()) part.back() = static_cast<std::byte>(sum);
    queue->take();
    queue->put(chain.head, sum);
    if (queue->should_interrupt() && sum == 0xffff'ffff) std::abort();
    // Writing into its own rings, a driver can go on for ever; a device bounds each turn.
    if (++chains == 1000) break;
  }
  if (!queue->broken().empty() && queue->arm()) std::abort();
  queue->disarm();
  return 0;
}
