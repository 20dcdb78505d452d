// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/rng.h"

#include <array>

#include <sys/random.h>

#include "vmm/virtio/scatter.h"

namespace ktstr::vmm::virtio {
namespace {

constexpr std::array<std::uint16_t, 1> sizes{64};
constexpr unsigned budget = 64;

/// Returns how much was filled; the kernel gives up to 256 bytes whole, more in parts.
std::size_t fill(ByteSpan out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::getrandom(out.data() + done, out.size() - done, 0);
    if (got > 0)
      done += static_cast<std::size_t>(got);
    else if (errno != EINTR)
      break;
  }
  return done;
}

}  // namespace

std::span<const std::uint16_t> Rng::queue_sizes() const {
  return sizes;
}

bool Rng::work(Queues queues, Nanos) {
  Queue* const requests = queues[0];
  if (requests == nullptr) return false;
  for (unsigned turn = 0; turn < budget; ++turn) {
    if (!requests->peek(chain_)) return false;
    requests->take();
    std::uint32_t written = 0;
    for_parts(chain_.writable, 0, per_buffer, [&](ByteSpan part) {
      const std::size_t filled = fill(part);
      written += static_cast<std::uint32_t>(filled);
      return filled == part.size();
    });
    requests->put(chain_.head, written);
  }
  return true;
}

}  // namespace ktstr::vmm::virtio
