// SPDX-License-Identifier: GPL-2.0-only
#include "wire/channel.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>

#include <fcntl.h>

namespace ktstr::wire {

Result<Channel> Channel::over(Fd socket, Limits limits) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    return fail_errno("make a socket non-blocking");
  return Channel(std::move(socket), limits);
}

Status Channel::send(const Message& message) {
  const bool sample = std::holds_alternative<ir::Sample>(message);
  if (sample && kept_bytes_ > limits_.samples.count) {
    ++samples_lost_;
    return flush();
  }
  Buffer frame = TRY(make_frame(message, sequence_));
  if (kept_bytes_ + frame.size() > limits_.outgoing.count)
    return fail_code(ENOBUFS, "send a message: the peer does not read");
  ++sequence_;
  kept_bytes_ += frame.size();
  kept_.push_back(std::move(frame));
  return flush();
}

Status Channel::flush() {
  while (!kept_.empty()) {
    const ByteView rest = ByteView(kept_.front()).subspan(written_);
    const ssize_t done = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    if (done < 0) return fail_errno("send a message");
    written_ += static_cast<std::size_t>(done);
    if (written_ < kept_.front().size()) continue;
    kept_bytes_ -= kept_.front().size();
    kept_.pop_front();
    written_ = 0;
  }
  return {};
}

Result<std::optional<Message>> Channel::receive() {
  while (true) {
    std::optional<Message> message = TRY(reader_.next());
    if (message) return message;
    std::array<std::byte, 64 * 1024> chunk;
    const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::optional<Message>();
    if (got <= 0) {
      ended_ = true;
      if (got < 0) return fail_errno("receive a message");
      return fail_code(reader_.waiting() > 0 ? EBADMSG : ECONNRESET,
                       reader_.waiting() > 0 ? "receive a message: the stream ends within a frame"
                                             : "receive a message: the peer closed the stream");
    }
    received_ += static_cast<std::uint64_t>(got);
    if (received_ > limits_.incoming.count)
      return fail_code(EFBIG, "receive a message: more than " +
                                  std::to_string(limits_.incoming.count >> 20) + " MiB in all");
    reader_.push(ByteView(chunk).first(static_cast<std::size_t>(got)));
  }
}

}  // namespace ktstr::wire
