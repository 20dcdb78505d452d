// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vhost/channel.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace ktstr::vmm::vhost {

/// Reads until `bytes_` holds `want` bytes, collecting descriptors on the way.
Result<Channel::Received> Channel::read_some(std::size_t want) {
  while (bytes_.size() < want) {
    const std::size_t have = bytes_.size();
    bytes_.resize(want);
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(max_regions * sizeof(int))> control;
    iovec part{bytes_.data() + have, want - have};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const int code = errno;
    bytes_.resize(have + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0 && code == EINTR) continue;
    if (got < 0 && (code == EAGAIN || code == EWOULDBLOCK)) return Received::nothing;
    if (got < 0 && code != ECONNRESET) return fail_code(code, "receive from the vhost-user peer");
    if (got <= 0) return Received::end;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int raw;
        std::memcpy(&raw, CMSG_DATA(c) + i * sizeof raw, sizeof raw);
        fds_.emplace_back(raw);
      }
    }
    if ((header.msg_flags & MSG_CTRUNC) != 0 || fds_.size() > max_regions)
      return fail_code(EPROTO, "vhost-user: too many descriptors in one message");
  }
  return Received::message;
}

Result<Channel::Received> Channel::receive(Message& out) {
  MessageHeader header;
  Received state = TRY(read_some(sizeof header));
  if (state != Received::message) return state;
  std::memcpy(&header, bytes_.data(), sizeof header);
  if ((header.flags & version_mask) != version || (header.flags & is_reply) != 0)
    return fail_code(EPROTO, "vhost-user: a message of unknown version");
  if (header.size > max_payload)
    return fail_code(EPROTO, "vhost-user: a message of " + std::to_string(header.size) + " bytes");
  state = TRY(read_some(sizeof header + header.size));
  if (state != Received::message) return state;
  out.request = Request{header.request};
  out.flags = header.flags;
  out.payload.assign(bytes_.begin() + sizeof header, bytes_.end());
  out.fds = std::exchange(fds_, {});
  bytes_.clear();
  return state;
}

Status Channel::reply(Request request, ByteView payload) {
  const MessageHeader header{static_cast<std::uint32_t>(request), version | is_reply,
                             static_cast<std::uint32_t>(payload.size())};
  Buffer out(sizeof header);
  std::memcpy(out.data(), &header, sizeof header);
  out.insert(out.end(), payload.begin(), payload.end());
  // A few bytes: a frontend that lets the socket fill up with them does not read replies at all.
  const ssize_t sent = ::send(socket_.get(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(out.size())) return fail_errno("reply to the vhost-user peer");
  return {};
}

}  // namespace ktstr::vmm::vhost
