// SPDX-License-Identifier: GPL-2.0-only
// The virtio socket device as a loop runs it, its connections Unix stream sockets: each one is a
// socketpair, one end pumped by the device's thread, the other handed out. So the rest of the
// program sees a plain descriptor with backpressure both ways – a reader who stalls fills the
// socket, then the device's buffer, then uses up the guest's credit – and shutdown(2) and close(2)
// mean what they say: the guest's half-shutdown arrives as end of file. A connection that was reset
// ends the same way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "base/fd.h"
#include "vmm/virtio/device.h"
#include "vmm/virtio/vsock/device.h"

namespace ktstr::vmm::vsock {

/// Receives the handed-out end of a connection of the guest. Called on the device's thread: must
/// not block.
using Accept = std::function<void(Fd stream)>;
/// By the port of the host, CID 2.
using Listeners = std::map<std::uint32_t, Accept>;

class SocketDevice final : public virtio::Device, private Host {
 public:
  /// On the heap, as the device points back to it.
  static Result<std::unique_ptr<SocketDevice>> create(std::uint32_t guest_cid, Listeners listeners);

  [[nodiscard]] virtio::DeviceType type() const override { return virtio::DeviceType::vsock; }
  [[nodiscard]] const char* name() const override { return "virtio-vsock"; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override;
  [[nodiscard]] ByteView config() const override { return config_; }
  void reset() override { core_.reset(); }
  bool work(virtio::Queues queues, Nanos now) override;
  [[nodiscard]] bool wants(std::size_t queue) const override;
  [[nodiscard]] std::optional<Nanos> deadline() const override { return core_.deadline(); }
  [[nodiscard]] int events() const override { return epoll_.get(); }
  /// Tells the core which streams can be read or written.
  void dispatch() override;

  [[nodiscard]] vsock::Device& core() { return core_; }
  /// Pumps `stream` to a new connection to `guest_port`; it is closed when the guest refuses.
  Status connect(std::uint32_t guest_port, Fd stream);

 private:
  struct Stream {
    Fd fd;
    bool host_ended = false;  // The handed-out end sends no more.
    bool guest_ended = false;
  };

  SocketDevice(std::uint32_t guest_cid, Listeners listeners, Fd epoll);
  Status adopt(Id id, Fd fd);
  void end_if_both(Id id, const Stream& stream);

  bool accept(Id id) override;
  void connected(Id id) override;
  std::size_t take(Id id, ByteView bytes) override;
  std::size_t give(Id id, ByteSpan room) override;
  void peer_shutdown(Id id, bool sends_no_more, bool receives_no_more) override;
  void closed(Id id, bool clean) override;

  vsock::Device core_;
  Buffer config_;
  Listeners listeners_;
  Fd epoll_;
  std::unordered_map<Id, Stream, IdHash> streams_;
  std::unordered_map<int, Id> by_fd_;
};

}  // namespace ktstr::vmm::vsock
