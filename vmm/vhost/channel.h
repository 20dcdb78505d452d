// SPDX-License-Identifier: GPL-2.0-only
// The Unix socket to a vhost-user frontend: whole messages with their descriptors, never blocking.
#pragma once

#include <vector>

#include "base/fd.h"
#include "vmm/vhost/message.h"

namespace ktstr::vmm::vhost {

struct Message {
  Request request{};
  std::uint32_t flags = 0;
  Buffer payload;
  std::vector<Fd> fds;
};

class Channel {
 public:
  enum class Received { nothing, message, end };

  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] const Fd& fd() const { return socket_; }
  /// The next message if it is complete by now. Fails when it is malformed or too long.
  Result<Received> receive(Message& out);
  Status reply(Request request, ByteView payload);

 private:
  Result<Received> read_some(std::size_t want);

  Fd socket_;
  Buffer bytes_;  // Of the message being received: header, then payload.
  std::vector<Fd> fds_;
};

}  // namespace ktstr::vmm::vhost
