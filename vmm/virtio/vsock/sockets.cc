// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/vsock/sockets.h"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace ktstr::vmm::vsock {
namespace {

// §5.10.2. The third is for events, of which there are none: its buffers stay where they are.
constexpr std::size_t rx = 0;
constexpr std::size_t tx = 1;
constexpr std::array<std::uint16_t, 3> sizes{128, 128, 16};

}  // namespace

SocketDevice::SocketDevice(std::uint32_t guest_cid, Listeners listeners, Fd epoll)
    : core_(guest_cid, *this), listeners_(std::move(listeners)), epoll_(std::move(epoll)) {
  append_le<std::uint64_t>(config_, guest_cid);  // §5.10.4
}

Result<std::unique_ptr<SocketDevice>> SocketDevice::create(std::uint32_t guest_cid,
                                                           Listeners listeners) {
  if (guest_cid <= host_cid || guest_cid == UINT32_MAX)  // §5.10.4: reserved.
    return fail_code(EINVAL, "a vsock device with the reserved CID " + std::to_string(guest_cid));
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("epoll_create1");
  return std::unique_ptr<SocketDevice>(
      new SocketDevice(guest_cid, std::move(listeners), std::move(epoll)));
}

std::span<const std::uint16_t> SocketDevice::queue_sizes() const {
  return sizes;
}

bool SocketDevice::work(virtio::Queues queues, Nanos now) {
  if (queues[rx] == nullptr || queues[tx] == nullptr) return false;
  return core_.process(*queues[rx], *queues[tx], now);
}

bool SocketDevice::wants(std::size_t queue) const {
  return queue == tx || (queue == rx && core_.starved());
}

void SocketDevice::dispatch() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    // A descriptor closed earlier in this batch is unknown or another stream's by now: that one
    // looks once too often, which does no harm.
    const auto found = by_fd_.find(event.data.fd);
    if (found == by_fd_.end()) continue;
    const Id id = found->second;
    if ((event.events & EPOLLIN) != 0) core_.has_data(id);
    if ((event.events & EPOLLHUP) != 0) core_.shutdown(id, false, true);
    if ((event.events & (EPOLLOUT | EPOLLHUP)) != 0) core_.can_take(id);
  }
}

/// Edge-triggered: `take` and `give` go on until the socket refuses, and only then need an event.
Status SocketDevice::adopt(Id id, Fd fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.fd = fd.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)
    return fail_errno("watch a vsock stream");
  by_fd_[fd.get()] = id;
  streams_[id] = Stream{std::move(fd)};
  return {};
}

Status SocketDevice::connect(std::uint32_t guest_port, Fd stream) {
  const auto id = core_.connect(guest_port);
  if (!id) return fail_code(EMFILE, "connect to the guest: too many vsock connections");
  if (Status adopted = adopt(*id, std::move(stream)); !adopted) {
    core_.abort(*id);
    return adopted;
  }
  return {};
}

bool SocketDevice::accept(Id id) {
  const auto listener = listeners_.find(id.host_port);
  if (listener == listeners_.end()) return false;
  Result<std::pair<Fd, Fd>> pair = stream_pair();
  if (!pair || !adopt(id, std::move(pair->first))) return false;
  listener->second(std::move(pair->second));
  return true;
}

void SocketDevice::connected(Id) {}

std::size_t SocketDevice::take(Id id, ByteView bytes) {
  const int fd = streams_.at(id).fd.get();
  while (true) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    core_.shutdown(id, false, true);  // Nobody reads any more.
    return bytes.size();
  }
}

std::size_t SocketDevice::give(Id id, ByteSpan room) {
  Stream& stream = streams_.at(id);
  while (true) {
    const ssize_t got = ::recv(stream.fd.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    stream.host_ended = true;
    core_.shutdown(id, true, false);
    end_if_both(id, stream);
    return 0;
  }
}

void SocketDevice::end_if_both(Id id, const Stream& stream) {
  if (stream.host_ended && stream.guest_ended) core_.shutdown(id, true, true);
}

void SocketDevice::peer_shutdown(Id id, bool sends_no_more, bool receives_no_more) {
  Stream& stream = streams_.at(id);
  if (sends_no_more) {
    stream.guest_ended = true;
    ::shutdown(stream.fd.get(), SHUT_WR);
    end_if_both(id, stream);
  }
  if (receives_no_more) ::shutdown(stream.fd.get(), SHUT_RD);
}

void SocketDevice::closed(Id id, bool) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  by_fd_.erase(found->second.fd.get());
  streams_.erase(found);
}

}  // namespace ktstr::vmm::vsock
