// SPDX-License-Identifier: GPL-2.0-only
// Frames from a peer that means harm. The first byte of an input says whether what follows is a
// stream as it comes, or payloads that are put into frames of valid headers and checksums, so that
// the decoder of every message is reached. Whatever is taken is sent again and must be the same.
#include <algorithm>

#include "base/check.h"
#include "wire/crc32c.h"
#include "wire/frame.h"

namespace {

using namespace ktstr;
using namespace ktstr::wire;

/// `type, length, payload…` of one byte each for the first two, as frames.
Buffer framed(ByteView pieces) {
  Buffer out;
  for (std::uint32_t sequence = 0; pieces.size() >= 2; ++sequence) {
    const auto type = static_cast<std::uint32_t>(pieces[0]) % std::variant_size_v<Message>;
    const std::size_t length = std::min(static_cast<std::size_t>(pieces[1]), pieces.size() - 2);
    const ByteView payload = pieces.subspan(2, length);
    pieces = pieces.subspan(2 + length);
    Buffer header(header_size);
    store_le(ByteSpan(header), 0, frame_magic);
    store_le(ByteSpan(header), 4, type);
    store_le(ByteSpan(header), 8, static_cast<std::uint32_t>(length));
    store_le(ByteSpan(header), 12, sequence);
    store_le(ByteSpan(header), 16, crc32c(payload, crc32c(ByteView(header).first(16))));
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), payload.begin(), payload.end());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = std::as_bytes(std::span(data, size));
  if (input.empty()) return 0;
  const bool as_it_comes = (data[0] & 1) != 0;
  const Buffer stream =
      as_it_comes ? Buffer(input.begin() + 1, input.end()) : framed(input.subspan(1));
  FrameReader reader;
  reader.push(stream);
  while (true) {
    const Result<std::optional<Message>> message = reader.next();
    if (!message || !*message) return 0;
    const Result<Buffer> again = make_frame(**message, 0);
    CHECK(again.has_value());
    FrameReader second;
    second.push(*again);
    const Result<std::optional<Message>> back = second.next();
    CHECK(back.has_value() && back->has_value());
    // Not `==`: a NaN in a double differs from itself.
    CHECK(make_frame(**back, 0).value() == *again);
  }
}
