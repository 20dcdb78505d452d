// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/frames.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include "guest/veth.h"

namespace ktstr::guest {
namespace {

constexpr std::uint16_t ether_type = ETH_P_802_EX1;  // IEEE 802: for local experiments.

/// A frame's first bytes; filler follows.
struct [[gnu::packed]] Header {
  std::array<std::uint8_t, ETH_ALEN> to;
  std::array<std::uint8_t, ETH_ALEN> from;
  std::uint16_t type;
  std::uint32_t receiver;  // In network order, as the socket filter loads it.
  std::int64_t sent_at;
};
static_assert(sizeof(Header) <= 60);

/// Receives nothing before it is bound.
Fd open_socket(Worker& worker) {
  Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) worker.fail_errno("make a packet socket");
  return socket;
}

/// With protocol 0 it only sends.
void bind_to(const char* device, std::uint16_t protocol, const Fd& socket, Worker& worker) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(device));
  if (address.sll_ifindex == 0) worker.fail_errno(std::string("find the device ") + device);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    worker.fail_errno(std::string("bind a packet socket to ") + device);
}

/// Drops what is for others before it is queued, or wakes anybody.
void accept_only(std::uint32_t receiver, const Fd& socket, Worker& worker) {
  std::array<sock_filter, 4> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(Header, receiver)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, receiver, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xFFFF),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog program{code.size(), code.data()};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    worker.fail_errno("filter frames");
}

}  // namespace

FrameSender::FrameSender(Worker& worker, std::uint32_t receiver, std::size_t size)
    : worker_(worker), socket_(open_socket(worker)), frame_(size) {
  bind_to(Veth::near, 0, socket_, worker);
  Header header{};
  header.to.fill(0xFF);  // Broadcast: the far end takes it for its own.
  header.type = htons(ether_type);
  header.receiver = htonl(receiver);
  std::memcpy(frame_.data(), &header, sizeof header);
}

void FrameSender::send() {
  const std::int64_t now = monotonic_now().count();
  std::memcpy(&frame_[offsetof(Header, sent_at)], &now, sizeof now);
  // A full queue loses frames, as a wire would.
  if (::send(socket_.get(), frame_.data(), frame_.size(), 0) < 0 && errno != EINTR &&
      errno != ENOBUFS)
    worker_.fail_errno("send a frame");
}

FrameReceiver::FrameReceiver(Worker& worker, std::uint32_t receiver)
    : worker_(worker), socket_(open_socket(worker)) {
  accept_only(receiver, socket_, worker);
  bind_to(Veth::far, ether_type, socket_, worker);
}

std::optional<Nanos> FrameReceiver::receive(bool waits) {
  Header header;
  while (true) {
    const ssize_t got =
        ::recv(socket_.get(), &header, sizeof header, waits ? MSG_TRUNC : MSG_TRUNC | MSG_DONTWAIT);
    if (got >= static_cast<ssize_t>(sizeof header)) return Nanos(header.sent_at);
    if (got < 0 && errno == EINTR && !worker_.stopping()) continue;
    if (got < 0 && errno != EINTR && errno != EAGAIN) worker_.fail_errno("receive a frame");
    if (got < 0) return std::nullopt;
  }
}

}  // namespace ktstr::guest
