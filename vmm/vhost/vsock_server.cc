// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vhost/vsock_server.h"

#include <array>
#include <cerrno>

#include "vmm/vhost/session.h"
#include "vmm/virtio/event.h"
#include "vmm/virtio/loop.h"

namespace ktstr::vmm::vhost {

/// The session as the loop sees it: its rings are the first of the device's queues, as the event
/// queue stays in QEMU.
class VsockServer::Backend final : private virtio::Transport {
 public:
  Backend(Fd frontend, std::unique_ptr<vsock::SocketDevice> device)
      : device_(std::move(device)),
        channel_(std::move(frontend)),
        session_(Buffer(device_->config().begin(), device_->config().end())) {}

  Status start(Nanos spin) {
    loop_ = TRY(virtio::Loop::start(*device_, *this, spin));
    return {};
  }

  Result<Fd> connect(std::uint32_t guest_port) {
    std::pair<Fd, Fd> pair = TRY(stream_pair());
    Status connected;
    if (!loop_->call([&] { connected = device_->connect(guest_port, std::move(pair.first)); }))
      return fail_code(ENOTCONN, "connect to the guest: its vsock device is gone");
    if (!connected) return tl::unexpected(connected.error());
    return std::move(pair.second);
  }

  [[nodiscard]] const virtio::Loop& loop() const { return *loop_; }

 private:
  virtio::Queues queues() override {
    for (std::size_t i = 0; i < Session::ring_count; ++i)
      queues_[i] = session_.running() ? &*session_.ring(i).queue : nullptr;
    return queues_;
  }
  const Fd* kick(std::size_t queue) const override {
    return queue < Session::ring_count ? &session_.ring(queue).kick : nullptr;
  }
  void interrupt(std::size_t queue) override { signal_event(session_.ring(queue).call); }
  Status broke(std::size_t queue, std::string_view why) override {
    signal_event(session_.ring(queue).error);
    return fail_code(EPROTO, "the guest broke its vsock ring: " + std::string(why));
  }
  const Fd* control() const override { return &channel_.fd(); }

  Result<bool> obey() override {
    while (true) {
      Message message;
      const Channel::Received received = TRY(channel_.receive(message));
      if (received == Channel::Received::nothing) return true;
      if (received == Channel::Received::end) return false;
      const std::optional<Buffer> reply = TRY(session_.handle(message));
      if (session_.take_restart()) device_->reset();
      if (reply) TRY(channel_.reply(message.request, *reply));
    }
  }
  /// The frontend need not wait for us to be destroyed.
  void ended() override { channel_ = Channel(Fd()); }

  std::unique_ptr<vsock::SocketDevice> device_;
  Channel channel_;
  Session session_;
  std::array<Queue*, 3> queues_{};
  std::unique_ptr<virtio::Loop> loop_;  // Last: its thread uses everything above.
};

VsockServer::VsockServer(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
VsockServer::VsockServer(VsockServer&&) noexcept = default;
VsockServer& VsockServer::operator=(VsockServer&&) noexcept = default;
VsockServer::~VsockServer() = default;

Result<VsockServer> VsockServer::start(Fd frontend, VsockOptions options) {
  auto device = TRY(vsock::SocketDevice::create(options.guest_cid, std::move(options.listeners)));
  auto backend = std::make_unique<Backend>(std::move(frontend), std::move(device));
  TRY(backend->start(options.spin));
  return VsockServer(std::move(backend));
}

Result<Fd> VsockServer::connect(std::uint32_t guest_port) {
  return backend_->connect(guest_port);
}

const Fd& VsockServer::ended() const {
  return backend_->loop().ended();
}

std::optional<Error> VsockServer::failure() const {
  return backend_->loop().failure();
}

}  // namespace ktstr::vmm::vhost
