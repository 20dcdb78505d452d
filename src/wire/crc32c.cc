// SPDX-License-Identifier: GPL-2.0-only
#include "wire/crc32c.h"

#include <array>

namespace ktstr::wire {
namespace {

using Table = std::array<std::uint32_t, 256>;

/// Table n advances the sum by a byte that is followed by n more bytes of zeros.
constexpr std::array<Table, 8> make_tables() {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78;
  std::array<Table, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit)
      sum = (sum >> 1) ^ ((sum & 1) != 0 ? reflected_polynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::size_t n = 1; n < 8; ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  return tables;
}

constexpr std::array<Table, 8> tables = make_tables();

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t sum) {
  sum = ~sum;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const std::uint64_t word = load_le<std::uint64_t>(bytes) ^ sum;
    sum = 0;
    for (std::size_t n = 0; n < 8; ++n) sum ^= tables[7 - n][(word >> (8 * n)) & 0xFF];
  }
  for (const std::byte byte : bytes)
    sum = (sum >> 8) ^ tables[0][(sum ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  return ~sum;
}

}  // namespace ktstr::wire
