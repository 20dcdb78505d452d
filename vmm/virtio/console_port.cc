// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/console_port.h"

#include <algorithm>
#include <cerrno>

#include <sys/uio.h>

#include <poll.h>

#include "vmm/virtio/scatter.h"

namespace ktstr::vmm::virtio {
namespace {

// §5.3.2, §5.3.4.
constexpr std::size_t receive_queue = 0;
constexpr std::size_t transmit_queue = 1;
constexpr std::array<std::uint16_t, 2> sizes{64, 64};
constexpr std::size_t emergency_write = 8;
constexpr unsigned budget = 64;
constexpr std::size_t most_parts = 16;

}  // namespace

std::span<const std::uint16_t> ConsolePort::queue_sizes() const {
  return sizes;
}

void ConsolePort::write_config(std::size_t offset, ByteView bytes) {
  if (offset == emergency_write && !bytes.empty()) output_.append(bytes.first(1));  // §5.3.4
}

bool ConsolePort::work(Queues queues, Nanos) {
  if (queues[receive_queue] != nullptr) give_input(*queues[receive_queue]);
  return queues[transmit_queue] != nullptr && take_output(*queues[transmit_queue]);
}

bool ConsolePort::take_output(Queue& transmit) {
  for (unsigned turn = 0; turn < budget; ++turn) {
    if (!transmit.peek(chain_)) return false;
    transmit.take();
    for_parts(chain_.readable, 0, per_buffer, [this](ByteSpan part) {
      output_.append(part);
      return true;
    });
    transmit.put(chain_.head, 0);
  }
  return true;
}

/// Reads once, only into a buffer, and only what is there: another reader may have taken it.
void ConsolePort::give_input(Queue& receive) {
  starved_ = !receive.peek(chain_);
  if (starved_ || !readable_ || !input_) return;
  readable_ = false;
  pollfd look{input_.get(), POLLIN, 0};
  if (::poll(&look, 1, 0) != 1) return;
  std::array<iovec, most_parts> parts{};
  std::size_t count = 0;
  for (const ByteSpan part : chain_.writable)
    if (count < parts.size()) parts[count++] = {part.data(), part.size()};
  std::uint32_t written = 0;
  if (count > 0) {
    const ssize_t got = ::readv(input_.get(), parts.data(), static_cast<int>(count));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return input_.reset();
    written = static_cast<std::uint32_t>(got);
  }
  receive.take();
  receive.put(chain_.head, written);
}

bool ConsolePort::wants(std::size_t queue) const {
  return queue == transmit_queue || (input_ && starved_);
}

int ConsolePort::events() const {
  return starved_ ? -1 : input_.get();
}

}  // namespace ktstr::vmm::virtio
