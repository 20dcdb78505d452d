// SPDX-License-Identifier: GPL-2.0-only
// Channel: messages over a stream socket that is never waited for. What the peer does not take is
// kept, up to a limit beyond which samples are dropped and counted, and a second one beyond which
// sending fails. For poll(2): always readable interest, writable interest while `wants_write()`.
#pragma once

#include <deque>

#include "base/fd.h"
#include "wire/frame.h"

namespace ktstr::wire {

class Channel {
 public:
  struct Limits {
    Bytes samples = 4_MiB;     ///< Kept at most before samples are dropped.
    Bytes outgoing = 64_MiB;   ///< Kept at most before sending fails.
    Bytes incoming = 256_MiB;  ///< Received at most, all messages together.
  };

  /// Makes the socket non-blocking.
  static Result<Channel> over(Fd socket, Limits limits);
  static Result<Channel> over(Fd socket) { return over(std::move(socket), Limits()); }

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// Hands the message to the socket or keeps it. Fails when it cannot be encoded, the peer is gone
  /// (EPIPE, ECONNRESET) or has not read for too long (ENOBUFS).
  Status send(const Message& message);
  /// Writes what was kept, as far as the socket takes it.
  Status flush();
  [[nodiscard]] bool wants_write() const { return !kept_.empty(); }
  /// The next message, or nothing when none is there now: ask again until nothing comes. Fails on
  /// malformed frames (EBADMSG), at the end of the stream (`ended()`), and on too much (EFBIG).
  Result<std::optional<Message>> receive();
  /// Whether the peer has closed its side.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::uint64_t samples_lost() const { return samples_lost_; }

 private:
  Channel(Fd socket, Limits limits) : socket_(std::move(socket)), limits_(limits) {}

  Fd socket_;
  Limits limits_;
  FrameReader reader_;
  std::deque<Buffer> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t written_ = 0;  ///< Of the first kept frame.
  std::uint64_t received_ = 0;
  std::uint64_t samples_lost_ = 0;
  std::uint32_t sequence_ = 0;
  bool ended_ = false;
};

}  // namespace ktstr::wire
