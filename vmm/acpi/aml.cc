// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/acpi/aml.h"

#include "base/check.h"

namespace ktstr::vmm::acpi::aml {
namespace {

enum Op : std::uint8_t {
  zero_op = 0x00,
  one_op = 0x01,
  name_op = 0x08,
  byte_prefix = 0x0a,
  word_prefix = 0x0b,
  dword_prefix = 0x0c,
  string_prefix = 0x0d,
  qword_prefix = 0x0e,
  scope_op = 0x10,
  buffer_op = 0x11,
  package_op = 0x12,
  extended_prefix = 0x5b,
  device_op = 0x82,  // After the extended prefix.
};

void append(Buffer& out, const Buffer& more) {
  out.insert(out.end(), more.begin(), more.end());
}

Buffer bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Buffer op(std::uint8_t code) {
  return {std::byte{code}};
}

/// A package length, which counts itself, and what it is the length of.
Buffer with_length(const Buffer& body) {
  Buffer out;
  if (body.size() + 1 < 1 << 6) {
    append_le(out, static_cast<std::uint8_t>(body.size() + 1));
  } else {
    std::size_t more =
        1;  // Bytes after the first, which has room for four bits beside their count.
    while (body.size() + 1 + more >= std::size_t{1} << (4 + 8 * more)) ++more;
    CHECK(more <= 3);
    const std::size_t length = body.size() + 1 + more;
    append_le(out, static_cast<std::uint8_t>(more << 6 | (length & 0xf)));
    for (std::size_t i = 0; i < more; ++i)
      append_le(out, static_cast<std::uint8_t>(length >> (4 + 8 * i)));
  }
  append(out, body);
  return out;
}

}  // namespace

Buffer join(std::initializer_list<Buffer> terms) {
  Buffer out;
  for (const Buffer& each : terms) append(out, each);
  return out;
}

Buffer integer(std::uint64_t value) {
  if (value == 0) return op(zero_op);
  if (value == 1) return op(one_op);
  Buffer out;
  if (value <= UINT8_MAX) {
    out = op(byte_prefix);
    append_le(out, static_cast<std::uint8_t>(value));
  } else if (value <= UINT16_MAX) {
    out = op(word_prefix);
    append_le(out, static_cast<std::uint16_t>(value));
  } else if (value <= UINT32_MAX) {
    out = op(dword_prefix);
    append_le(out, static_cast<std::uint32_t>(value));
  } else {
    out = op(qword_prefix);
    append_le(out, value);
  }
  return out;
}

Buffer string(std::string_view text) {
  return join({op(string_prefix), bytes_of(text), op(0)});
}

Buffer eisa_id(std::string_view id) {
  CHECK(id.size() == 7);
  const auto letter = [&](std::size_t i) { return static_cast<std::uint32_t>(id[i] - 'A' + 1); };
  const auto digit = [&](std::size_t i) {
    return static_cast<std::uint32_t>(id[i] <= '9' ? id[i] - '0' : id[i] - 'A' + 10);
  };
  const std::uint32_t letters = letter(0) << 10 | letter(1) << 5 | letter(2);
  const std::uint32_t digits = digit(3) << 12 | digit(4) << 8 | digit(5) << 4 | digit(6);
  // The bytes of each half stand in big-endian order.
  const auto swapped = [](std::uint32_t half) { return (half & 0xff) << 8 | half >> 8; };
  Buffer out = op(dword_prefix);
  append_le(out, swapped(letters) | swapped(digits) << 16);
  return out;
}

Buffer package(std::initializer_list<Buffer> elements) {
  const Buffer count = op(static_cast<std::uint8_t>(elements.size()));
  return join({op(package_op), with_length(join({count, join(elements)}))});
}

Buffer name(std::string_view name, const Buffer& value) {
  CHECK(name.size() == 4);
  return join({op(name_op), bytes_of(name), value});
}

Buffer device(std::string_view name, const Buffer& body) {
  CHECK(name.size() == 4);
  return join({op(extended_prefix), op(device_op), with_length(join({bytes_of(name), body}))});
}

Buffer scope(std::string_view name, const Buffer& body) {
  CHECK(name.size() == 4);
  return join({op(scope_op), with_length(join({bytes_of(name), body}))});
}

Buffer resources(std::initializer_list<Buffer> descriptors) {
  const Buffer end{std::byte{0x79}, std::byte{0}};  // A checksum of 0 is none.
  const Buffer content = join({join(descriptors), end});
  return join({op(buffer_op), with_length(join({integer(content.size()), content}))});
}

Buffer memory_resource(std::uint32_t base, std::uint32_t size) {
  Buffer out;
  append_le<std::uint8_t>(out, 0x86);  // 32-bit fixed memory range.
  append_le<std::uint16_t>(out, 9);
  append_le<std::uint8_t>(out, 1);  // Writable.
  append_le(out, base);
  append_le(out, size);
  return out;
}

Buffer port_resource(std::uint16_t base, std::uint8_t count) {
  Buffer out;
  append_le<std::uint8_t>(out, 0x47);  // I/O ports.
  append_le<std::uint8_t>(out, 1);     // Decodes 16 bits.
  append_le(out, base);                // Lowest and highest base: it does not move.
  append_le(out, base);
  append_le<std::uint8_t>(out, 1);  // Alignment.
  append_le(out, count);
  return out;
}

Buffer interrupt_resource(std::uint32_t gsi) {
  constexpr std::uint8_t consumer = 1 << 0, edge = 1 << 1;
  Buffer out;
  append_le<std::uint8_t>(out, 0x89);  // Extended interrupt.
  append_le<std::uint16_t>(out, 6);
  append_le<std::uint8_t>(out, consumer | edge);
  append_le<std::uint8_t>(out, 1);  // One interrupt.
  append_le(out, gsi);
  return out;
}

}  // namespace ktstr::vmm::acpi::aml
