// SPDX-License-Identifier: GPL-2.0-only
// Frames: the form in which messages travel. A header of five little-endian words – magic, type
// (the message's index in `Message`), length of the payload, sequence number, CRC-32C of the four
// words before it and the payload – and the payload in the schema's encoding.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"
#include "wire/messages.h"

namespace ktstr::wire {

inline constexpr std::uint32_t frame_magic = 0x3146544B;  ///< "KTF1"
inline constexpr std::size_t header_size = 20;
inline constexpr std::size_t most_payload = 1 << 20;

/// The frame of a message. Fails when the message cannot be encoded or is too large for a frame.
Result<Buffer> make_frame(const Message& message, std::uint32_t sequence);

/// Turns bytes, however they were cut, back into messages. The first malformed frame ends it: the
/// error (EBADMSG) names what is wrong and comes again with every later call.
class FrameReader {
 public:
  void push(ByteView bytes);
  /// The next message, or nothing until more bytes are pushed.
  Result<std::optional<Message>> next();
  /// Bytes pushed that `next` has not turned into messages yet.
  [[nodiscard]] std::size_t waiting() const { return buffer_.size() - start_; }

 private:
  Result<std::optional<Message>> take();

  Buffer buffer_;
  std::size_t start_ = 0;
  std::uint32_t sequence_ = 0;
  std::optional<Error> broken_;
};

}  // namespace ktstr::wire
