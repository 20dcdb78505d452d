// SPDX-License-Identifier: GPL-2.0-only
#include "wire/frame.h"

#include <cerrno>

#include "schema/describe.h"
#include "wire/crc32c.h"

namespace ktstr::wire {
namespace {

constexpr std::size_t magic_at = 0, type_at = 4, length_at = 8, sequence_at = 12, sum_at = 16;

std::uint32_t sum_of(ByteView header, ByteView payload) {
  return crc32c(payload, crc32c(header.first(sum_at)));
}

tl::unexpected<Error> malformed(const std::string& what) {
  return fail_code(EBADMSG, "read a frame: " + what);
}

std::string name_of(const Message& message) {
  return std::visit([]<class Type>(const Type&) { return std::string(Type::schema.name); },
                    message);
}

}  // namespace

Result<Buffer> make_frame(const Message& message, std::uint32_t sequence) {
  const Buffer payload = TRY(std::visit(
      [](const auto& value) { return schema::encode(schema::cref_to(value)); }, message));
  if (payload.size() > most_payload)
    return fail_code(
        EMSGSIZE, "send `" + name_of(message) + "` of " + std::to_string(payload.size()) + " bytes",
        "a message may have 1 MiB; write fewer steps, cgroups or ops");
  Buffer frame(header_size);
  store_le(frame, magic_at, frame_magic);
  store_le(frame, type_at, static_cast<std::uint32_t>(message.index()));
  store_le(frame, length_at, static_cast<std::uint32_t>(payload.size()));
  store_le(frame, sequence_at, sequence);
  store_le(frame, sum_at, sum_of(frame, payload));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

void FrameReader::push(ByteView bytes) {
  if (broken_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
  start_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Message>> FrameReader::next() {
  if (!broken_) {
    Result<std::optional<Message>> taken = take();
    if (taken) return taken;
    broken_ = std::move(taken).error();
    buffer_.clear();
    start_ = 0;
  }
  return tl::unexpected(*broken_);
}

Result<std::optional<Message>> FrameReader::take() {
  const ByteView rest = ByteView(buffer_).subspan(start_);
  if (rest.size() < header_size) return std::optional<Message>();
  const auto magic = load_le<std::uint32_t>(rest, magic_at);
  const auto type = load_le<std::uint32_t>(rest, type_at);
  const auto length = load_le<std::uint32_t>(rest, length_at);
  const auto sequence = load_le<std::uint32_t>(rest, sequence_at);
  if (magic != frame_magic) return malformed("bad magic " + std::to_string(magic));
  if (length > most_payload) return malformed("length " + std::to_string(length) + " beyond 1 MiB");
  if (type >= std::variant_size_v<Message>)
    return malformed("unknown type " + std::to_string(type));
  if (rest.size() < header_size + length) return std::optional<Message>();

  const ByteView payload = rest.subspan(header_size, length);
  if (load_le<std::uint32_t>(rest, sum_at) != sum_of(rest, payload))
    return malformed("the checksum does not match");
  if (sequence != sequence_)
    return malformed("sequence " + std::to_string(sequence) + " where " +
                     std::to_string(sequence_) + " is due");
  Message message;
  const schema::Type& choice = schema::type_of<Message>();
  const auto& shape = std::get<schema::ChoiceShape>(choice.shape);
  void* value = shape.emplace(&message, type);
  if (Status decoded = schema::decode(payload, {&shape.alternatives[type](), value}); !decoded)
    return malformed("bad payload: " + decoded.error().what);
  start_ += header_size + length;
  ++sequence_;
  return std::optional(std::move(message));
}

}  // namespace ktstr::wire
