// SPDX-License-Identifier: GPL-2.0-only
// Table: a system description table being written (ACPI 6.3, 5.2.6): the header, then fields in
// order. The header's length and checksum are set by `take`.
#pragma once

#include <concepts>
#include <string_view>

#include "base/bytes.h"

namespace ktstr::vmm::acpi {

class Table {
 public:
  static constexpr std::size_t header_size = 36;

  /// `signature` has four characters.
  Table(std::string_view signature, std::uint8_t revision);

  template <std::unsigned_integral T>
  Table& add(T value) {
    append_le(bytes_, value);
    return *this;
  }
  /// Fields one after the other, of these sizes.
  Table& u8(std::uint8_t value) { return add(value); }
  Table& u16(std::uint16_t value) { return add(value); }
  Table& u32(std::uint32_t value) { return add(value); }
  Table& u64(std::uint64_t value) { return add(value); }
  /// Reserved bytes.
  Table& zeros(std::size_t count);
  Table& raw(ByteView bytes);
  /// A generic address structure for an 8-bit register in I/O space.
  Table& port_register(std::uint16_t port);

  /// Bytes so far, which is the offset of the next field.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }
  /// The finished table; this is used up.
  Buffer take();

 private:
  Buffer bytes_;
};

/// What makes the sum of all bytes zero.
std::uint8_t checksum(ByteView bytes);

}  // namespace ktstr::vmm::acpi
