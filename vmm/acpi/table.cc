// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/acpi/table.h"

#include "base/check.h"

namespace ktstr::vmm::acpi {
namespace {

constexpr std::size_t length_offset = 4;
constexpr std::size_t checksum_offset = 9;

}  // namespace

Table::Table(std::string_view signature, std::uint8_t revision) {
  CHECK(signature.size() == 4);
  raw(as_bytes(signature)).u32(0).u8(revision).u8(0);
  raw(as_bytes("KTSTR ")).raw(as_bytes("KTSTRVMM")).u32(1);  // OEM and its table.
  raw(as_bytes("KTST")).u32(1);                              // What made it.
  CHECK(bytes_.size() == header_size);
}

Table& Table::zeros(std::size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

Table& Table::raw(ByteView bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

Table& Table::port_register(std::uint16_t port) {
  constexpr std::uint8_t io_space = 1, byte_access = 1;
  return u8(io_space).u8(8).u8(0).u8(byte_access).u64(port);
}

Buffer Table::take() {
  store_le(bytes_, length_offset, size());
  store_le(bytes_, checksum_offset, checksum(bytes_));
  return std::move(bytes_);
}

std::uint8_t checksum(ByteView bytes) {
  unsigned sum = 0;
  for (const std::byte each : bytes) sum += std::to_integer<unsigned>(each);
  return static_cast<std::uint8_t>(0 - sum);
}

}  // namespace ktstr::vmm::acpi
